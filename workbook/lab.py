"""Open JupyterLab on the notebooks, with the kernel of this environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from workbook import notebooks
from workbook.series import Series


def lab(series: Series, port: int, browser: bool) -> int:
    """Open JupyterLab on the notebooks, without any request to the network."""
    folder = series.root / notebooks.FOLDER
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/profiling.ipynb"]
    command += [f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}"]
    command += [f"--LabApp.app_settings_dir={_settings(series)}"]
    command += ["--LabApp.extension_manager=readonly"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [] if browser else ["--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    own = notebooks.environ(series, series.build / "jupyter")
    for name in ("IPYTHONDIR", "HOME", "TMPDIR"):  # JupyterLab keeps the reader's own settings
        del own[name]
    return subprocess.run(command, env=os.environ | own, check=False).returncode


def _settings(series: Series) -> Path:
    """Write JupyterLab's defaults for this workbook; what the reader has set goes first."""
    plugin = "@jupyterlab/apputils-extension"
    defaults = {
        f"{plugin}:notification": {"fetchNews": "false", "checkForUpdates": False},
        f"{plugin}:themes": {"adaptive-theme": True},
        # Reading a notebook must not rewrite it; saving is the reader's choice.
        "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    }
    folder = series.build / "jupyter"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(defaults), encoding="utf-8")
    return folder
