"""The requirements of `seqops.testing`, for each task, its classical models and its mixtures."""

import inspect
from pathlib import Path

from seqops.params import Params
from seqops.testing import TaskContract, contract_of

PARAMS = Params.load(Path(__file__).parents[1] / "params.yaml")
CLASSICAL = {
    "forecast": ["ets", "direct_regression"],
    "images": ["logistic", "svm"],
    "labelling": ["regression"],
    "ner": ["feature_crf"],
    "textgen": ["kneser_ney"],
    "translation": ["phrase_table"],
    "sentiment": ["tfidf_logistic", "nb_logistic", "linear_svm"],
}
MIXTURES = {
    "ner": "feature_crf",
    "textgen": "kneser_ney",
    "sentiment": "nb_logistic",
    "translation": "phrase_table",
}
OTHER_TABLE = "test_a_model_of_another_table_is_scored_on_the_current_rows"


def contract_of_model(name, **model):
    """Return the requirements on a model; those on the data are the same for every kind."""
    values = {f"tasks.{name}.model.{key}": value for key, value in model.items()}
    contract = contract_of(PARAMS.with_values(values).task(name))
    for test in [name for name in dir(TaskContract) if name.startswith("test_")]:
        arguments = inspect.signature(getattr(TaskContract, test)).parameters
        if test != OTHER_TABLE and not {"built", "network"} & arguments.keys():
            setattr(contract, test, None)
    return contract


globals().update({f"Test{name.title()}": contract_of(PARAMS.task(name)) for name in PARAMS.names})
for task, kinds in CLASSICAL.items():
    alone = {"mixture": "none"} if task in MIXTURES else {}
    for kind in kinds:
        globals()[f"Test{task.title()}With{kind.title()}"] = contract_of_model(task, kind=kind, **alone)
for task, classical in MIXTURES.items():
    # whichever is the default, the network alone and the mixture are tested
    for mixture in {"none", classical} - {PARAMS.task(task).section["model"]["mixture"]}:
        globals()[f"Test{task.title()}MixedWith{mixture.title()}"] = contract_of_model(task, mixture=mixture)
