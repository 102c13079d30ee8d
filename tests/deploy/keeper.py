"""Run `seqops schedule` with a program in the place of `seqops retrain`: keeper.py PROGRAM [ARGUMENT ...]."""

import sys

from seqops.cli import app, schedule

if __name__ == "__main__":
    schedule.COMMAND = (sys.executable, "-c", sys.argv[1])
    app(["schedule", *sys.argv[2:]])
