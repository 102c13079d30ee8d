"""Fetch the source of one task anew, and retrain it where params.yaml says that it is due."""

import sys

from seqops.core.project import Store
from seqops.params import Params
from seqops.retraining.run_all import rounds
from seqops.runtime.console import run_stage


def retrain_task(name: str) -> None:
    """Run one cycle of one task; exit codes as `seqops retrain` has them."""
    store = Store.find()
    sys.exit(rounds(store, [name], Params.load(store.params).retraining.triggers, 0, False, False))


if __name__ == "__main__":
    run_stage(retrain_task)
