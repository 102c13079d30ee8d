"""Tune the hyperparameters of one task as configured in params.yaml, and write the best values into it."""

from seqops.core.project import Project
from seqops.runtime.console import run_program
from seqops.tuning.tune import TuneOptions, tune


def tune_task(name: str) -> str:
    """Tune one task."""
    tune(Project.find(), name, TuneOptions())
    return "search finished"


if __name__ == "__main__":
    run_program(tune_task)
