"""The lines that a fit prints where no terminal draws its bar."""

import io

from rich.console import Console

from seqops.core.callbacks import EpochResult, NullCallback
from seqops.training.progress_bar import progress_bar


def test_a_rate_is_said_in_the_unit_of_the_lengths():
    console = Console(file=io.StringIO(), width=200)
    with progress_bar(console, 2, "MASE", "windows", NullCallback()) as bar:
        bar.on_batch_end(1, 0, 1, 48, 0.5)
        bar.on_epoch_end(EpochResult(1, 0.5, 0.001, 0.75, 0, "goal"), 4.0, 48)
    said = " ".join(console.file.getvalue().split())
    assert said == "epoch 1/2 loss 0.5000 validation MASE 0.7500 12 windows/s"
