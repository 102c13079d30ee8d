"""Fetch the source of one task anew, and retrain it where params.yaml says that it is due."""

import sys

from seqops.console import run_stage
from seqops.params import Params
from seqops.retraining.rounds import rounds
from seqops.store import Store


def retrain_task(name: str) -> None:
    """Run one cycle of one task; exit codes as `seqops retrain` has them."""
    store = Store.find()
    sys.exit(rounds(store, [name], Params.load(store.params).retraining.triggers, 0, False, False))


if __name__ == "__main__":
    run_stage(retrain_task)
