"""What a task must offer. Nothing here knows a task, a path or a heavy library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import SeqopsError
from seqops.core.ragged import Array, Ragged, Split
from seqops.core.score import Score
from seqops.core.settings import FitConfig

if TYPE_CHECKING:
    import keras

Meta = dict[str, Any]
"""What `fit_encoding` learnt from the training rows (vocabularies, scales, sizes); plain JSON."""

DriftFeatures = Mapping[str, Ragged | Array]
"""What is watched of encoded rows by its name: finite numbers, or text for categories. A plain array (n,) has
a value a row; a ragged one has those that stand inside a row, which are not independent of one another."""


@dataclass(frozen=True)
class Expectation:
    """One promise about the table, in Great Expectations' own vocabulary.

    kind: an expectation type, such as `expect_column_values_to_be_between`; arguments: its keyword
    arguments; meaning: the promise in plain words, shown when it is broken.
    """

    kind: str
    arguments: Mapping[str, Any]
    meaning: str


@dataclass(frozen=True)
class Goal:
    """The score that early stopping, tuning and promotion use."""

    metric: str
    higher_is_better: bool


@dataclass(frozen=True)
class Baseline:
    """Predictions that a model must face, on the very same rows."""

    name: str
    kind: Literal["trivial", "classical"]
    predicted: pd.DataFrame


@dataclass(frozen=True)
class Plot:
    """A picture as data: the report draws it, DVC and MLflow store it.

    kind `line` and `bar`: one series a `y` column over `x`; `heatmap`: `x` holds the row labels and the
    `y` columns are the cells. band: a (low, high) pair of columns drawn as a shaded region.
    """

    name: str
    title: str
    kind: Literal["line", "bar", "heatmap"]
    table: pd.DataFrame
    x: str
    y: Sequence[str]
    band: tuple[str, str] | None = None


class Dataset(ABC):
    """From published files to encoded splits; its fields are the task's `data` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    registered_name: ClassVar[str]

    @abstractmethod
    def sample(self) -> Mapping[str, bytes]:
        """Invent examples in the published format: file name -> bytes, the same at every call."""

    @abstractmethod
    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse raw files to one row an example, in published order; `line` is its 1-based raw line.

        Raises DataError for what cannot be parsed.
        """

    @abstractmethod
    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Name the split of each row (`train`, `validation`, `test`, or `unused`): (n,)."""

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Derive the columns that the expectations speak of; at least `split` joins the table."""
        return table.assign(split=self.assign_splits(table))

    @abstractmethod
    def expectations(self) -> Sequence[Expectation]:
        """List what must hold of `with_checked_columns(table)`."""

    def split_and_encode(self, table: pd.DataFrame) -> tuple[dict[str, Split], Meta]:
        """Split first, then learn from the training rows alone, then encode what was split."""
        split = self.assign_splits(table)
        meta = self.fit_encoding(table, split)
        return self.encode(table, split, meta), meta

    @abstractmethod
    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn vocabularies and scales, from the training rows alone; split: of each row (n,).

        Counts that describe the table may stand in the meta too, where no array and no weight hangs on them.
        """

    @abstractmethod
    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode rows by what was learnt before; split: of each row (n,).

        Returns `train`, `validation` and `test`. The meta may have been learnt on another table: a champion
        is scored on rows that it never saw. Which rows come out, and in which order, does not hang on it.
        Raises DataError where a split cannot be made of the rows.
        """


@dataclass(frozen=True)
class Metrics(ABC):
    """How the predictions of a task are scored."""

    data: Dataset
    goal: ClassVar[Goal]

    @abstractmethod
    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score predictions by the field's own metrics; the goal's metric is among them."""


@dataclass(frozen=True)
class Evaluation(ABC):
    """What predictions are compared with, and how their errors are shown."""

    data: Dataset
    metrics: Metrics

    @abstractmethod
    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Predict the test rows without a network."""

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Name the subsets of test rows that deserve a score of their own: masks (n,)."""
        return {}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Choose what of encoded rows must stay as it was in training for a model to be trusted.

        Nothing that is so of training rows alone, as that they hold no unknown word: new rows of the very
        same kind would seem to have drifted.
        """
        return {}

    @abstractmethod
    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each test row to a person: text columns such as `input`, `truth`, `predicted`."""

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw what this task's errors look like."""
        return []


@dataclass(frozen=True)
class Endpoint(ABC):
    """Raw inputs in, records out."""

    data: Dataset
    intended_use: ClassVar[str]
    """What a model of this task is for, for its card."""
    limits: ClassVar[str]
    """What it must not be relied on for."""

    @abstractmethod
    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw inputs as training rows are encoded. Raises DataError for unusable input."""

    @abstractmethod
    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Turn predictions to one plain JSON record an input."""

    @abstractmethod
    def request_example(self, meta: Meta) -> str:
        """Return one valid raw input."""


Batch = tuple[Any, Any, Any]
"""(inputs, targets, weights) as `keras.Model.train_on_batch` takes them."""


class Network(ABC):
    """The Keras side of a task; its fields are the task's `model` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    @abstractmethod
    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model; no data is read and no weight depends on more than the seed."""

    @abstractmethod
    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad a few examples, on the right, to what the model trains on."""

    @abstractmethod
    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the length by which examples are bucketed: (n,)."""

    @abstractmethod
    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict every example, one row each, in the columns that `Metrics.score` reads."""

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict for early stopping; cheaper than `predict` where decoding is dear."""
        return self.predict(model, split, meta)

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Set, after the fit, what validation rows alone can teach, such as the width of intervals."""
        return

    def training_rows(self, split: Split) -> Split:
        """Take the training rows that have what this network learns from, such as a label."""
        return split

    def order(self, split: Split, batch_size: int) -> Sequence[npt.NDArray[np.int64]] | None:
        """Lay out the batches of every epoch where they must follow one another; None: drawn anew."""
        return None

    def pretext(self) -> Pretext | None:
        """Return what this network may learn first, without labels."""
        return None

    def generated_samples(self, model: keras.Model, meta: Meta) -> pd.DataFrame:
        """Show, for the report, what the model makes up by itself; no column: nothing."""
        return pd.DataFrame()

    def stream(self, model: keras.Model, split: Split, meta: Meta) -> Iterator[str]:
        """Answer one request piece by piece. Raises SeqopsError where an answer has no pieces."""
        raise SeqopsError("this model answers at once. Ask it by `seqops predict`.")


@dataclass(frozen=True)
class Pretext:
    """What is learnt without labels by a network that shares variables, by path and shape, with another."""

    network: Network
    goal: Goal
    score: Callable[[pd.DataFrame, Split, Meta], Sequence[Score]]


@dataclass(frozen=True)
class Task:
    """One task of params.yaml, configured; all parts but `data` are imported when they are asked for."""

    name: str
    source: str | list[str]
    data: Dataset
    network: Callable[[], Network]
    metrics: Callable[[], Metrics]
    evaluation: Callable[[], Evaluation]
    endpoint: Callable[[], Endpoint]
    fit_config: FitConfig
    section: Mapping[str, Any] = field(repr=False)

    def values(self) -> dict[str, Any]:
        """Return every chosen value under its dotted key; the search space is no choice."""
        chosen = {key: value for key, value in self.section.items() if key != "search"}
        return flattened(chosen)


def flattened(value: Any, prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings to dotted keys."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= flattened(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat
