"""Tune the hyperparameters of one task as configured in params.yaml, and write the best values into it."""

from seqops.core.project import Project
from seqops.runtime.console import run_program
from seqops.tuning.tune import TuneOptions, tune


def tune_task(name: str) -> None:
    """Tune one task."""
    tune(Project.find(), name, TuneOptions())


if __name__ == "__main__":
    run_program(tune_task)
