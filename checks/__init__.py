"""Everything that grades. A check imports `expect` from here; all else comes by fixtures."""

from checks.expect import Unmet as Unmet
from checks.expect import expect as expect

__all__ = ["Unmet", "expect"]
