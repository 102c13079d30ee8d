"""Fetch the source of one task anew, and retrain it where params.yaml says that it is due."""

import sys

from seqops.core.project import Project
from seqops.params import Params
from seqops.retraining.run_all import retrain_all
from seqops.runtime.console import run_stage


def retrain_task(name: str) -> None:
    """Run one cycle of one task; exit codes as `seqops retrain` has them."""
    project = Project.find()
    sys.exit(retrain_all(project, [name], Params.load(project.params).retraining.triggers, 0, False, False))


if __name__ == "__main__":
    run_stage(retrain_task)
