"""Encoding of the series of a table as examples at forecast origins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Array, Ragged, Split, concatenate
from seqops.preprocessing.row_keys import KEYS
from seqops.tasks.forecast.data.gaps import filled
from seqops.tasks.forecast.data.origins import (
    Series,
    SplitOrigins,
    WindowSpec,
    ahead,
    target_keys,
)
from seqops.tasks.forecast.data.reader import COVARIATE, STATIC, VALUE, figure_columns
from seqops.tasks.forecast.data.ready_made import forecasts_of
from seqops.tasks.forecast.data.scaling import Scaling, fit_scales, naive_error
from seqops.tasks.forecast.data.seasonality import suited_lag


def static_kinds(table: pd.DataFrame, known: Mapping[str, Sequence[str]]) -> npt.NDArray[np.int64]:
    """Number the static texts of each row by column, from 1; 0: not among those of training, (N, S)."""
    texts = table.reindex(columns=[STATIC + name for name in known])
    kinds = [pd.Index(known[name]).get_indexer(pd.Index(texts[STATIC + name])) + 1 for name in known]
    return np.stack(kinds, axis=1) if kinds else np.zeros((len(table), 0), np.int64)


@dataclass(frozen=True)
class TrainingRows:
    """The training rows of all series; static: its columns of text."""

    table: pd.DataFrame
    static: Sequence[str]

    @property
    def values(self) -> list[str]:
        """Return the names of the columns to forecast."""
        return self._named(VALUE)

    @property
    def covariates(self) -> list[str]:
        """Return the names of the columns that only help."""
        return self._named(COVARIATE)

    def _named(self, prefix: str) -> list[str]:
        names = map(str, self.table.columns)
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def learn(self, season: int, window: int, scaling: Scaling, log: bool) -> Meta:
        """Return the columns, the scales, the mean MASE scale of the series, and an example of the longest.

        difference: a lag of differences that suits most series.

        Raises DataError if no series covers a season.
        """
        values, table = len(self.values), self.table
        figures = table[figure_columns(self.values, self.covariates)].to_numpy(np.float64)
        places = table.groupby("series", sort=False).indices
        by_name = {str(name): figures[rows] for name, rows in places.items()}
        series = list(by_name.values())
        errors = {
            name: naive_error(known[:, :values], season)
            for name, known in by_name.items()
            if len(known) > season
        }
        if not errors:
            raise DataError(
                f"{len(table)} training rows do not cover one season of {season}. "
                "Give a longer series, or lower data.season, data.test or data.validation."
            )
        longest = max(series, key=len)
        columns = [past for known in series for past in filled(known[:, :values], "interpolate").T]
        pasts = [np.log(past) if log else past for past in columns if np.isfinite(past).all()]
        return {
            "values": self.values,
            "covariates": self.covariates,
            "static": {name: sorted(set(table[STATIC + name])) for name in self.static},
            **fit_scales(figures, values, scaling, log),
            "mase_scale": np.mean(list(errors.values()), axis=0).tolist(),
            # with data.scaling: window there may be many, and rows before a split scale its errors
            "mase_scales": {n: e.tolist() for n, e in errors.items()} if scaling != "window" else {},
            "mase_span": table["date"].iloc[[0, -1]].str.cat(sep=" to "),
            "difference": suited_lag(pasts, season, window),
            "example": filled(longest[-window - season :], "interpolate").tolist(),
        }


@dataclass(frozen=True)
class SeriesTable:
    """The columns of a table of series: numbers (N, V + C), ordinals (N,), names (N,) and splits (N,).

    forecasts: (N, B), of other systems; kinds: (N, S), the numbers of static texts.
    """

    figures: npt.NDArray[np.float64]
    ordinals: npt.NDArray[np.int64]
    names: npt.NDArray[np.object_]
    split: npt.NDArray[np.str_]
    forecasts: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls, table: pd.DataFrame, split: npt.NDArray[np.str_], figures: Sequence[str], meta: Meta
    ) -> SeriesTable:
        """Select the columns of figures, and what the meta names of the others."""
        return cls(
            table[list(figures)].to_numpy(np.float64),
            table["ordinal"].to_numpy(np.int64),
            table["series"].to_numpy(object),
            split,
            forecasts_of(table, meta.get("baselines", [])),
            static_kinds(table, meta.get("static", {})),
        )

    def series(self, part: SplitOrigins) -> Series:
        """Return one series as a whole."""
        return Series(self.figures[part.rows], self.ordinals[part.rows], part.number)

    def name(self, part: SplitOrigins) -> str:
        """Return the name of a series."""
        return str(self.names[part.rows[0]])


@dataclass(frozen=True)
class Encoder:
    """How the series of a table become examples.

    max_history: rows before a validation or test origin that are kept; by_series: whether each series is an
    example of a panel, so that what scales its errors is all of it before the split, or in training.
    """

    window_spec: WindowSpec
    max_history: int
    by_series: bool
    meta: Meta

    def encode(self, table: SeriesTable, parts: Mapping[str, Sequence[SplitOrigins]]) -> dict[str, Split]:
        """Cut the series of each split to examples.

        Besides the columns of `WindowSpec.examples`: static: (n, S), kinds in the row before the origin;
        name: of the series; scale: (n, V), the in-sample error of its seasonal naive forecast; forecasts:
        (n, H, B), those of other systems from the first origin; keys: of the first targets.
        """
        return {
            name: concatenate([self._examples(table, part, name) for part in found])
            for name, found in parts.items()
        }

    def _examples(self, table: SeriesTable, part: SplitOrigins, split: str) -> Split:
        spec, series, name = self.window_spec, table.series(part), table.name(part)
        # the network reads the window; baselines are chosen on validation rows and refitted on test rows
        max_history = spec.window if split == "train" else max(self.max_history, spec.window)
        shared = self.by_series and split == "train"
        found = dict(spec.examples(series, part.origins, part.end, max_history, shared).columns)
        scale = self._scale(table, part)
        found["static"] = table.kinds[part.rows[part.origins - 1]]
        found["scale"] = np.broadcast_to(scale, (len(part.origins), len(scale))).copy()
        if split != "train":
            found["name"] = Ragged.from_texts([name] * len(part.origins))
        if split == "test":
            forecasts = ahead(table.forecasts[part.rows], part.origins, spec.horizon)
            forecasts[part.origins != part.start] = np.nan
            found["forecasts"] = forecasts
        # every training row but the first window is the first target of an origin
        keyed = 1 if split == "train" else spec.horizon
        found[KEYS] = target_keys(name, series, part.origins, part.end, keyed)
        return Split(found)

    def _scale(self, table: SeriesTable, part: SplitOrigins) -> Array:
        values, scales = self.window_spec.values, self.meta.get("mase_scales", {})
        if self.by_series:
            known = part.rows[: part.start or part.end]
        elif table.name(part) in scales:
            return np.asarray(scales[table.name(part)], np.float64)
        elif len(scales) > 1:
            # a test series that is a file of its own may be of another size than those of training
            known = part.rows[: int(part.origins[0])]
        else:
            return np.asarray(self.meta["mase_scale"], np.float64)
        return naive_error(table.figures[known, :values], self.window_spec.season)
