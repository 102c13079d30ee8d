"""The files of a project as this release writes them.

The wheel has them in `seqops/project/`; in a checkout they are the checkout's own.
"""

from __future__ import annotations

import re
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.runtime.installed_code import FOLDER, PACKAGE, hashes
from seqops.runtime.installed_packages import pins

PARAMS, DVC_CONFIG, LOCK = "params.yaml", ".dvc/config", "requirements.lock"
FILES = (
    ".dvc/.gitignore",
    DVC_CONFIG,
    ".dvcignore",
    ".gitignore",
    "data/catalog.yaml",
    "data/weights.yaml",
    "dvc.yaml",
    PARAMS,
)
PATTERNS = (".dvc/plots/*.json", "pipelines/*.py", "presets/*.yaml")
SOURCE = "src/seqops/"


def project_files() -> dict[str, bytes]:
    """Return the content of every file of a project, by its path."""
    origin = _origin()
    paths = [
        *(origin / name for name in FILES),
        *(path for pattern in PATTERNS for path in origin.glob(pattern)),
    ]
    found = {path.relative_to(origin).as_posix(): path.read_bytes() for path in paths}
    stages = found["dvc.yaml"].decode("utf-8")
    found["dvc.yaml"] = stages.replace(SOURCE, f"{FOLDER}/").encode("utf-8")
    found[LOCK] = "".join(f"{pin}\n" for pin in pins(PACKAGE.name)).encode("utf-8")
    return found | {
        f"{FOLDER}/{part}": f"{digest}\n".encode() for part, digest in hashes(*_declared(stages)).items()
    }


def _declared(stages: str) -> list[str]:
    """List the parts of the package on which dvc.yaml depends; of the tasks, all."""
    parts = set(re.findall(rf"- {SOURCE}(\S+)", stages))
    return sorted({"tasks/*/*" if part.startswith("tasks/") else part for part in parts})


def _origin() -> Path:
    folders = (PACKAGE / "project", PACKAGE.parents[1])
    origin = next((folder for folder in folders if (folder / "dvc.yaml").is_file()), None)
    if origin is None:
        raise SeqopsError(f"{folders[0]} is missing: the installation is incomplete. Install seqops again.")
    return origin
