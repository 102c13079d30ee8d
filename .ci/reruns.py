"""Count how many stage runs an edit of each folder of the package causes, from dvc.yaml and params.yaml."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PACKAGE = Path("src") / "seqops"


def declared(root: Path) -> list[list[Path]]:
    """List the declared dependencies of each stage run: one run for each stage and task."""
    stages = YAML(typ="safe").load(root / "dvc.yaml")["stages"]
    tasks = YAML(typ="safe").load(root / "params.yaml")["tasks"]
    return [
        [Path(str(dep).replace("${key}", task)) for dep in stage["do"]["deps"]]
        for stage in stages.values()
        for task in tasks
    ]


def folders(root: Path) -> Iterator[Path]:
    """List the folders and modules of the package; of tasks, each part."""
    for path in sorted((root / PACKAGE).iterdir()):
        if path.name == "tasks":
            parts = (
                part for task in sorted(path.iterdir()) if task.is_dir() for part in sorted(task.iterdir())
            )
            yield from (part.relative_to(root) for part in parts if _holds_code(part))
        elif _holds_code(path):
            yield path.relative_to(root)


def _holds_code(path: Path) -> bool:
    return (path.suffix == ".py" and not path.name.startswith("__")) or any(path.glob("*.py"))


def costs(root: Path) -> tuple[dict[Path, int], int]:
    """Return the number of runs that depend on each folder (or a path in or above it), and of all runs."""
    runs = declared(root)
    found = {
        folder: sum(
            any(dep == folder or dep in folder.parents or folder in dep.parents for dep in run)
            for run in runs
        )
        for folder in folders(root)
    }
    return found, len(runs)


def table(root: Path) -> str:
    """Format a line for each number of runs, with the folders whose edit causes that many."""
    found, total = costs(root)
    lines = [f"stage runs, of {total}, that an edit causes:"]
    for count in sorted(set(found.values()), reverse=True):
        names = [folder.relative_to(PACKAGE).as_posix() for folder, runs in found.items() if runs == count]
        shared = [name for name in names if not name.startswith("tasks/")]
        parts = sorted({f"tasks/*/{name.split('/')[2]}" for name in names if name.startswith("tasks/")})
        lines.append(f"{count:4}  {', '.join([*shared, *parts])}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{table(ROOT)}\n")
