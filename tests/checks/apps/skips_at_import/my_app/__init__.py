"""Asks pytest to skip whatever is running."""

import pytest

pytest.skip("not today", allow_module_level=True)
