"""The requirements on every task (`seqops.testing`), for each task of params.yaml."""

from pathlib import Path

from seqops.params import Params
from seqops.testing import contract_of

PARAMS = Params.load(Path(__file__).parents[1] / "params.yaml")

globals().update({f"Test{name.title()}": contract_of(PARAMS.task(name)) for name in PARAMS.names})
