"""Run stages of a project folder in one process: `run_stages.py ROOT STAGE,STAGE TASK...`."""

import importlib
import os
import sys
from pathlib import Path

from seqops.runtime.console import exit_on_error

STAGES = {
    "download": "download",
    "validate": "validate",
    "preprocess": "preprocess",
    "train": "train_task",
    "repeat": "repeat_task",
    "evaluate": "evaluate_task",
}


def main(root, stages, *tasks):
    os.environ["SEQOPS_ROOT"] = root
    sys.path.insert(0, str(Path(root) / "pipelines"))
    for task in tasks:
        for stage in stages.split(","):
            with exit_on_error():
                getattr(importlib.import_module(stage), STAGES[stage])(task)


if __name__ == "__main__":
    main(*sys.argv[1:])
