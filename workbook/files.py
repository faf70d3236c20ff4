"""Files that are written as a whole: nobody ever reads half of one."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def replace(path: Path, content: str | bytes) -> None:
    """Write a file under another name, then rename it; the folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
