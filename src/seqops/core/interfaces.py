"""The interfaces that a task implements; imports no task, path or heavy library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.dotted_keys import flattened
from seqops.core.errors import ConfigError
from seqops.core.mixtures import Mixture
from seqops.core.predictors import ClassicalModel, Predictor
from seqops.core.ragged import Array, Ragged, Split
from seqops.core.raw_folder import Source
from seqops.core.records import Baseline, Expectation, Goal, Plot, flat
from seqops.core.request_limits import RequestLimits
from seqops.core.score import Score, Units, units_of
from seqops.core.settings import FitConfig

if TYPE_CHECKING:
    import keras

    from seqops.core.frozen_features import FrozenFeatures
    from seqops.core.objective import Objective

Meta = dict[str, Any]
"""What `fit_encoding` learnt from the training rows (vocabularies, scales, sizes); plain JSON."""
DriftFeatures = Mapping[str, Ragged | Array]
"""Finite numbers, or text for categories, by feature: (n,), or ragged if a row has several that depend."""


class Dataset(ABC):
    """From published files to encoded splits; its fields are the task's `data` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    registered_name: ClassVar[str]  # the kind of model; `registry.names` adds the name of its data
    length_unit: ClassVar[str] = "tokens"  # what the network's `lengths` count, for the rate of training
    takes_folders: ClassVar[bool] = False  # whether `source` may name folders, which are packed as zips
    takes_named_splits: ClassVar[bool] = False  # whether `source` may name the files of each split
    reads_vectors: ClassVar[bool] = False  # whether `data.vectors` may name a file of word vectors

    @abstractmethod
    def sample(self) -> Mapping[str, bytes]:
        """Generate examples in the published format: file name -> bytes, the same at every call."""

    @abstractmethod
    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse raw files to one row per example, in their order; `line`: from 1. Raises DataError."""

    @abstractmethod
    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Assign each row to a split (`train`, `validation`, `test`, or `unused`): (n,).

        Where rows do not follow each other in time, a hash of what a row is made of draws its split, so that
        rows that are added later move no other (`preprocessing.splitting.draw_groups`).
        """

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the derived columns that the expectations refer to; at least `split`."""
        return table.assign(split=self.assign_splits(table))

    @abstractmethod
    def expectations(self) -> Sequence[Expectation]:
        """List the checks of `with_checked_columns(table)`."""

    def resolved(self, table: pd.DataFrame) -> Self:
        """Return the dataset with numbers where settings are derived from the table."""
        return self

    def check_model(self, model: Mapping[str, Any]) -> None:
        """Raise ConfigError for settings of the section `model` that those of `data` rule out."""
        return

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count what the splits share although no check forbids it, in `with_checked_columns(table)`."""
        return {}

    def remarks(self, checked: pd.DataFrame) -> Sequence[str]:
        """Say what was inferred or filled, for the user to check, in `with_checked_columns(table)`."""
        return []

    def split_and_encode(self, table: pd.DataFrame) -> tuple[dict[str, Split], Meta]:
        """Assign splits, fit the encoding to the training rows alone, then encode every split."""
        split = self.assign_splits(table)
        meta = self.fit_encoding(table, split)
        return self.encode(table, split, meta), meta

    def training_words(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[list[str]]:
        """Return the words of each training text. Raises ConfigError if the rows are no texts."""
        raise ConfigError("the rows of this task are no texts: there are no words to learn vectors of.")

    @abstractmethod
    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn vocabularies and scales from the training rows alone; split: of each row (n,).

        The meta may also contain counts that describe the table, if no array and no weight depends on them.
        """

    @abstractmethod
    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode rows with a fitted encoding to `train`, `validation` and `test`; split: of each row (n,).

        The meta may have been fitted to another table: a champion is scored on rows that it never saw. The
        selection and order of the rows do not depend on the meta. The column `keys` of each split identifies
        what its rows were made of (`preprocessing.row_keys`). Raises DataError if a split cannot be made.
        """


@dataclass(frozen=True)
class Metrics(ABC):
    """The metrics of a task's predictions."""

    data: Dataset
    goal: ClassVar[Goal]
    also_compared: ClassVar[Sequence[str]] = ()  # compared with every baseline, too; the goal alone decides

    @abstractmethod
    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score predictions with the standard metrics of the task; the goal's metric is among them."""

    def remarks(self, metrics: Mapping[str, Any], meta: Meta) -> Sequence[str]:
        """Say, as part of the verdict, what the goal leaves out; metrics: the content of evaluation.json."""
        return []

    def units(self, truth: Split, meta: Meta) -> Units:
        """Return the units over which the goal's metric is resampled, before anything is predicted."""
        return units_of(truth)


@dataclass(frozen=True)
class Evaluation(ABC):
    """The baselines, slices, drift features and plots of a task's evaluation."""

    data: Dataset
    metrics: Metrics

    @abstractmethod
    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Predict the test rows without a network, by all methods but that of `model_kind`, the model's."""

    def cached_in(self, folder: Path) -> Evaluation:
        """Return this evaluation with what takes long kept in a folder; by default nothing is kept."""
        return self

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Return the subsets of test rows that are scored separately, by name: masks (n,)."""
        return {}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Compute what is monitored for drift, nothing that training rows alone have (no unknown word)."""
        return {}

    @abstractmethod
    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each test row in readable form: text columns such as `input`, `truth`, `predicted`."""

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Show rows of any split in readable form: `input`, and `truth` if there is one; none by default."""
        return pd.DataFrame()

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the errors of this task."""
        return []

    def tables(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Return further tables for the report, by title."""
        return {}

    def explanations(self, model: Any, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Return tables of what a fitted model's predictions of a few test rows depend on, by title."""
        return {}


@dataclass(frozen=True)
class Endpoint(ABC):
    """The serving interface of a task: raw inputs in, JSON records out; `requests`: what it accepts."""

    data: Dataset
    requests: ClassVar[RequestLimits] = RequestLimits()
    intended_use: ClassVar[str]
    limits: ClassVar[str]  # both for the model card

    def inputs_of(self, lines: Iterable[str]) -> Iterable[str]:
        """Return the raw inputs of a file, given its lines with their ends: by default one per line."""
        return (line.removesuffix("\n") for line in lines)

    def from_argument(self, argument: str) -> str:
        """Return the raw input that an argument of the command line stands for: by default itself."""
        return argument

    @abstractmethod
    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw inputs in the same way as training rows. Raises DataError for invalid input."""

    @abstractmethod
    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Convert predictions to one JSON record per input."""

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the words of raw inputs that are not in the model's vocabulary; empty if it has none."""
        return []

    def first_steps(self, records: Sequence[dict[str, Any]], steps: int) -> list[dict[str, Any]]:
        """Keep the first steps of each record. Raises ConfigError if records of this task have none."""
        raise ConfigError("--horizon: the predictions of this task have no steps. Leave it out.")

    def to_table(self, records: Sequence[dict[str, Any]], numbers: Iterable[int]) -> pd.DataFrame:
        """Return records as a table, with what is nested as JSON; numbers: of their inputs, from 1."""
        return pd.DataFrame([flat(record) for record in records])

    @abstractmethod
    def example(self, meta: Meta) -> str:
        """Return one valid raw input."""


Batch = tuple[Any, Any, Any]  # (inputs, targets, weights) as `keras.Model.train_on_batch` takes them


class Network(Predictor):
    """The Keras side of a task; its fields are the task's `model` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def configured(self) -> Model:
        """Return what the section configures: this network, a classical model, or a mixture of both."""
        return self

    @abstractmethod
    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model; reads no data, and the weights depend on nothing but the seed."""

    def load_pretrained(self, model: keras.Model, meta: Meta) -> None:
        """Load what a fit starts from into a model just built; a trained model is loaded without it."""

    def frozen_features(self, model: keras.Model, meta: Meta) -> FrozenFeatures | None:
        """Return how upper layers train on what frozen ones compute once; None: each epoch computes all."""
        return None

    @abstractmethod
    def batch(self, split: Split, meta: Meta) -> Batch:
        """Convert examples to a batch for training, padded on the right."""

    @abstractmethod
    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the length by which examples are bucketed: (n,)."""

    def save(self, model: keras.Model, weights: Path) -> None:
        """Write the weights of a model."""
        model.save_weights(weights)

    def load(self, weights: Path, meta: Meta) -> keras.Model:
        """Build the model and load its weights."""
        model = self.build(meta)
        model.load_weights(weights)
        return model

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Set, after the fit, what is calibrated on the validation rows, such as the width of intervals."""

    def training_rows(self, split: Split) -> Split:
        """Select the training rows that this network can learn from, such as those with a label."""
        return split

    def order(self, split: Split, batch_size: int) -> Sequence[npt.NDArray[np.int64]] | None:
        """Return the batches of every epoch if their order is fixed; None: they are shuffled every epoch."""
        return None

    def pretext(self) -> Objective | None:
        """Return the objective of a pretext task with shared variables (same path and shape); None: none."""
        return None


Model = Network | ClassicalModel | Mixture
"""What the section `model` of a task may configure."""


@dataclass(frozen=True)
class Task:
    """One configured task of params.yaml; all parts but `data` are imported on first use."""

    name: str
    source: Source
    data: Dataset
    network: Callable[[], Model]
    metrics: Callable[[], Metrics]
    evaluation: Callable[[], Evaluation]
    endpoint: Callable[[], Endpoint]
    fit_config: FitConfig
    section: Mapping[str, Any] = field(repr=False)

    def values(self) -> dict[str, Any]:
        """Return every value of a run under its dotted key."""
        return flattened({k: v for k, v in self.section.items() if k not in ("search", "registry")})
