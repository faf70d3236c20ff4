"""Wants 2 GB."""

HOARD = bytearray(2 << 30)
