"""Run `seqops schedule` with PROGRAM instead of `seqops retrain`: run_scheduler.py PROGRAM [ARGUMENT ...]."""

import signal
import sys

from seqops.cli import app, schedule

if __name__ == "__main__":
    # the parent of the tests may ignore it, as nohup does
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    schedule.COMMAND = (sys.executable, "-c", sys.argv[1])
    app(["schedule", *sys.argv[2:]])
