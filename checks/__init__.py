"""Everything that grades. A check imports `expect` from here; all else comes by fixtures."""

from checks.expect import CheckFailed as CheckFailed
from checks.expect import expect as expect

__all__ = ["CheckFailed", "expect"]
