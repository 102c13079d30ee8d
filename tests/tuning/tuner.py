"""Tune one task of a project folder: `tuner.py ROOT TASK TRIALS [JOBS [dry]]`."""

import os
import sys
from pathlib import Path

from seqops.core.project import Project
from seqops.runtime.console import exit_on_error
from seqops.tuning import storage
from seqops.tuning.tune import TuneOptions, tune


def main(root, task, trials, jobs="1", dry=""):
    os.environ["SEQOPS_ROOT"] = root
    if jobs == "1":
        # for this process only: its workers would still send a heartbeat every five seconds
        storage.HEARTBEAT, storage.GRACE = 1, 4
    with exit_on_error(debug=True):
        tune(Project(Path(root)), task, TuneOptions(int(trials), jobs=int(jobs), dry_run=bool(dry)))


if __name__ == "__main__":
    main(*sys.argv[1:])
