"""Removal of what killed processes left of atomic writes."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

LEFT = re.compile(r"\.(?P<pid>\d+)\.(?:(?P<kind>new|old)\.)?(?P<name>.+)", re.DOTALL)
"""The name of a temporary file or folder, of the process `pid`, beside the one that it was to replace."""


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files and folders of processes that do not run any more.

    A folder that such a process had moved away, and not yet replaced, is put back.
    """
    for path in sorted(folder.glob(".*")):
        left = LEFT.fullmatch(path.name)
        if left is None or is_running(int(left["pid"])):
            continue
        original = path.with_name(left["name"])
        if path.is_file():
            path.unlink()
        elif left["kind"] == "old" and not original.exists():
            path.replace(original)
        else:
            shutil.rmtree(path)


def is_running(pid: int) -> bool:
    """Return whether a process with this id runs on this machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
