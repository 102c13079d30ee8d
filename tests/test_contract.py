"""The requirements of `seqops.testing`, for each task of params.yaml, and for its classical models."""

from pathlib import Path

from seqops.params import Params
from seqops.testing import contract_of

PARAMS = Params.load(Path(__file__).parents[1] / "params.yaml")

CLASSICAL = {
    "ner": ["feature_crf"],
    "textgen": ["kneser_ney"],
    "sentiment": ["tfidf_logistic", "nb_logistic", "linear_svm"],
}

globals().update({f"Test{name.title()}": contract_of(PARAMS.task(name)) for name in PARAMS.names})
globals().update(
    {
        f"Test{name.title()}With{kind.title()}": contract_of(
            PARAMS.with_values({f"tasks.{name}.model.kind": kind}).task(name)
        )
        for name, kinds in CLASSICAL.items()
        for kind in kinds
    }
)
