"""Leaves a file where it has no business."""

import os
from pathlib import Path

Path(os.environ["STOLEN"]).with_name("mine").write_text("x")
