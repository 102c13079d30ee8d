"""Dataset of the images task: labelled pictures, split by what they show, kept as they were encoded."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.errors import ConfigError, DataError, quoted
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Expectation
from seqops.core.score import GROUP
from seqops.preprocessing import few_labels, near_duplicates, splitting, weights_choice
from seqops.preprocessing.named_splits import NAMED, named_or_drawn
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.tasks.images.data import checks, near_pictures, reader, sample
from seqops.tasks.images.data.encoding import pixels_of, stored
from seqops.tasks.images.data.pictures import encode

GENERATED: dict[str, Callable[[], Mapping[str, bytes]]] = {"digits": sample.digits}
BATCH = 1000
"""Pictures that are decoded at once."""


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Labelled pictures.

    Attributes
    ----------
    layout
        `idx`: files of pictures and of labels, as MNIST; `cifar`: binary batches, or the archive of them;
        `folders`: a folder or an archive of folders named after the classes; `table`: a folder or an archive
        with one CSV file of paths and labels.
    path, label
        Columns of that CSV file; other layouts ignore them.
    labels
        The labels, in order; empty: those of the training pictures, sorted.
    pretext_labels
        Further labels, whose pictures can pretrain the lower layers of a network (a stage with `objective:
        pretext`), and are in no test; empty: none.
    names
        Display names of the labels, in the same order; empty: the labels themselves.
    split
        `grouped`: draw pictures at random, equal ones together; `near`: the same, with clusters of
        near-duplicates drawn together; `published`: keep the test files or folder as
        the test split. Files that `source` names for splits are used as they are.
    test
        Share of the distinct pictures in the test split; `published` ignores it.
    validation
        Share of the remaining ones in the validation split.
    seed
        Random seed of the splits, of the labels that are kept, and of the baselines.
    max_labelled
        Training pictures that are used, drawn by the shares of the classes; 0: all.
    height, width
        Size, in pixels, to which pictures are resized.
    channels
        1: grey; 3: red, green and blue.
    pretrained
        Weights from which the network of `model.kind: backbone` starts: a name of `seqops weights`, or the
        path of a `.h5` or `.npz` file, relative to the project; empty: none.
    """

    layout: reader.Layout
    path: str
    label: str
    labels: tuple[str, ...]
    pretext_labels: tuple[str, ...]
    names: tuple[str, ...]
    split: Literal["grouped", "near", "published"]
    test: Fraction
    validation: Fraction
    seed: Count
    max_labelled: Count
    height: Positive
    width: Positive
    channels: Literal[1, 3]
    pretrained: str

    registered_name: ClassVar[str] = "image-classifier"
    length_unit: ClassVar[str] = "pictures"
    takes_folders: ClassVar[bool] = True
    takes_named_splits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.labels):
            raise ConfigError(
                f"data.names has {len(self.names)} entries and data.labels {len(self.labels)}. "
                "Give one name per label, or none."
            )
        if both := sorted({*self.labels} & {*self.pretext_labels}):
            raise ConfigError(
                f"{quoted(both[0])} is in data.labels and in data.pretext_labels. Remove it from one."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels that a network sees."""
        return self.height, self.width, self.channels

    def sample(self) -> Mapping[str, bytes]:
        """Return the digits of scikit-learn, as IDX files."""
        return sample.digits()

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row per picture, which stays encoded."""
        return reader.read_rows(raw, self.layout, self.path, self.label)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw splits, equal pictures together. Raises DataError if a split would be empty.

        Copies of a held-out picture are `unused` elsewhere.
        """
        keys = list(table["content"])
        groups = near_pictures.cluster_keys(table) if self.split == "near" else keys
        if NAMED in table:
            names = named_or_drawn(table, groups, self.validation, self.seed + 1)
        else:
            test = self._held_out(table, groups)
            names = splitting.assign_splits(test, groups, self.validation, self.seed + 1)
        names = splitting.without_copies(names, keys)
        names[(names == "test") & self._is_pretext(table)] = "unused"
        splitting.require_rows(names, "pictures")
        return names

    def _is_pretext(self, table: pd.DataFrame) -> splitting.Mask:
        return table["label"].isin(self.pretext_labels).to_numpy(np.bool_)

    def _held_out(self, table: pd.DataFrame, groups: Sequence[str]) -> splitting.Mask:
        if self.split != "published":
            return splitting.draw_groups(groups, self.test, self.seed)
        if not (table["published"] == "test").any():
            raise DataError(
                "The files have no published split. Set data.split to grouped, or name the files of each "
                "split: `source: {train: ..., test: ...}`."
            )
        return (table["published"] == "test").to_numpy(np.bool_)

    def check_model(self, model: Mapping[str, Any]) -> None:
        """Raise ConfigError for pretrained weights of a network that does not start from them."""
        if self.pretrained and model["kind"] != "backbone":
            raise ConfigError(
                f"data.pretrained: a model of the kind {model['kind']} starts from no weights. "
                "Set model.kind to backbone, or data.pretrained to an empty text."
            )

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the checks read."""
        return checks.with_checked_columns(super().with_checked_columns(table), self.pretext_labels)

    def expectations(self) -> Sequence[Expectation]:
        """Check the number of pictures, their size, every label, and that splits share nothing."""
        return checks.expectations(self.labels)

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count held-out pictures with a near-duplicate in training."""
        return near_duplicates.counts(checked)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn the labels, and the mean and the spread of each channel, from the training pictures."""
        training = table[split == "train"]
        labels = list(self.labels or sorted({*training["label"]} - {*self.pretext_labels}))
        pictures = stored(list(training["picture"]))
        mean, spread = self._channels(pictures)
        example = encode(pixels_of(pictures.take(np.arange(1)), self.shape)[0])
        return {
            "labels": list(self.names or labels),
            "values": labels,
            "pretext": list(self.pretext_labels),
            "shape": list(self.shape),
            "mean": mean.tolist(),
            "spread": np.where(spread > 0, spread, 1.0).tolist(),
            "example": base64.b64encode(example).decode("ascii"),
            **self._pretrained(),
        }

    def _pretrained(self) -> Meta:
        """Return the name and the hash of the weights that are chosen, if there are any."""
        if not self.pretrained:
            return {}
        weights = weights_choice.read_weights(self.pretrained)
        return {"pretrained": weights_choice.meta_of(self.pretrained, weights)}

    def _channels(self, pictures: Ragged) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return mean and standard deviation of each channel, from 0 to 1: (C,) each."""
        sums, squares = np.zeros(self.channels), np.zeros(self.channels)
        for start in range(0, len(pictures), BATCH):
            rows = np.arange(start, min(start + BATCH, len(pictures)))
            part = pixels_of(pictures.take(rows), self.shape) / 255
            sums += part.sum((0, 1, 2))
            squares += (part**2).sum((0, 1, 2))
        count = len(pictures) * self.height * self.width
        mean = sums / count
        return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Keep pictures as they are encoded. Raises DataError if a label is unknown."""
        labels, pretext = (
            pd.Index(meta[name]).get_indexer(pd.Index(table["label"])).astype(np.int32)
            for name in ("values", "pretext")
        )
        if (unlisted := (labels < 0) & (pretext < 0)).any():
            unknown = table["label"].to_numpy()[unlisted][0]
            known = ", ".join(meta["values"])
            raise DataError(f"the label {quoted(unknown)} is not one of {known} (data.labels). Add it.")
        content, pictures = list(table["content"]), table["picture"].to_numpy(object)
        parts = splitting.rows_by_split(split)
        labelled = parts["train"][labels[parts["train"]] >= 0]
        dropped = labelled[~few_labels.kept(labels[labelled], self.max_labelled, self.seed)]
        parts["train"] = np.setdiff1d(parts["train"], dropped)
        shared = Split(
            {
                GROUP: splitting.group_codes(content),
                KEYS: keys_column(content),
                "label": labels,
                "pretext": pretext,
                near_duplicates.NEAR: near_pictures.flags(table, split),
            }
        )
        return {
            name: Split({"picture": stored(list(pictures[rows])), **shared.take(rows).columns})
            for name, rows in parts.items()
        }
