"""Search the settings of one task as params.yaml says, and write the winner into it."""

from seqops.core.project import Project
from seqops.runtime.console import run_stage
from seqops.tuning.tune import TuneOptions, tune


def tune_task(name: str) -> None:
    """Tune one task."""
    tune(Project.find(), name, TuneOptions())


if __name__ == "__main__":
    run_stage(tune_task)
