"""Leaves politely before there is an app."""

raise SystemExit(0)
