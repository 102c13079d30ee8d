"""Fetch the source of one task again, and retrain if a trigger of params.yaml is met."""

import sys
from typing import NoReturn

from seqops.core.project import Project
from seqops.params import Params
from seqops.retraining.run_all import retrain_all
from seqops.runtime.console import run_program


def retrain_task(name: str) -> NoReturn:
    """Run one retraining cycle of one task; exit codes are those of `seqops retrain`."""
    project = Project.find()
    sys.exit(retrain_all(project, [name], Params.load(project.params).retraining.triggers, 0, False, False))


if __name__ == "__main__":
    run_program(retrain_task)
