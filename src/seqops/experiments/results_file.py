"""The recorded results of all presets as JSON, from which their page, curves and plots are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from seqops.core.errors import DataError
from seqops.core.files import write_json
from seqops.evaluation.baseline_comparisons import BaselineComparison
from seqops.evaluation.evaluate import EvaluationResult, best_baseline
from seqops.experiments.recorded_runs import CurvePoint, RecordedRun, ResultsRow
from seqops.metrics.rounding import rounded
from seqops.registry.names import data_name

MAX_SCORES = 3  # scores of a run: the goal, and the first of the others


@dataclass(frozen=True)
class ScoreResult:
    """A score with its 95 % interval; None where it is undefined.

    units: number of independent units (None: not recorded); reason: why there is no interval.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    name: str
    value: float | None
    low: float | None
    high: float | None
    units: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class BaselineResult(ScoreResult):
    """The goal score of a baseline.

    outcome: the model `beats`, `ties` or `loses to` it, None if untested; also: the outcomes by further
    metrics that differ from it, by metric; difference: by how much the model is better; p: that it is better,
    or of a model that loses, that it is worse. None: not recorded.
    """

    outcome: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    difference: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class SeedsResult:
    """The goal score of a model trained with several seeds.

    value: the mean over seeds, with its 95 % interval over seeds and rows; min, max: the range over seeds;
    units, reason: as of a ScoreResult.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    seeds: tuple[int, ...]
    value: float | None
    min: float | None
    max: float | None
    low: float | None
    high: float | None
    units: int
    reason: str = ""

    @classmethod
    def of(cls, metrics: Mapping[str, Any]) -> SeedsResult | None:
        """Take the goal score over seeds from evaluation.json; None for one seed."""
        if "seeds" not in metrics:
            return None
        found = metrics["seeds"]["scores"][metrics["goal"]]
        figures = {key: value for key, value in found.items() if key not in ("values", "sd")}
        return cls(seeds=tuple(metrics["seeds"]["seeds"]), **figures)


@dataclass(frozen=True)
class RunResult:
    """One trained and evaluated model.

    Attributes
    ----------
    seed : int
        Random seed of the training.
    source : str
        Datasets, each with its split where that is named, separated by commas.
    n_test : int
        Number of test rows.
    model : str
        Kind of model.
    scores : tuple of ScoreResult
        The goal first.
    trivial : BaselineResult, optional
        The best trivial baseline.
    classical : BaselineResult, optional
        The best classical baseline.
    seconds : float, optional
        Duration of the whole training, including resumed parts; None: unknown.
    epochs : int, optional
        Number of epochs; None: unknown.
    curve : tuple of CurvePoint
        The goal score on the validation rows before training and after every epoch; empty: unknown.
    untrained : bool
        Whether training did not improve on the initial model.
    seeds : SeedsResult, optional
        The goal score over several seeds, of which `seed` is the first; None: it was trained with one.
    memory : int, optional
        The most memory that training took, in MiB; None: unknown.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    seed: int
    source: str
    n_test: int
    model: str
    scores: tuple[ScoreResult, ...]
    trivial: BaselineResult | None
    classical: BaselineResult | None
    seconds: float | None
    epochs: int | None
    curve: tuple[CurvePoint, ...]
    untrained: bool = False
    seeds: SeedsResult | None = None
    memory: int | None = None

    @property
    def data(self) -> str:
        """The name of the data, as in the names of registered models."""
        return data_name([re.sub(r"^(train|validation|test)=", "", part) for part in self.source.split(",")])

    @classmethod
    def of(cls, run: RecordedRun, alpha: float) -> RunResult:
        """Take the results from a run; alpha: significance level of the outcomes."""
        metrics, last = run.metrics, run.curve[-1] if run.curve else None
        return cls(
            seed=int(run.params["fit.seed"]),
            source=metrics["source"],
            n_test=metrics["n_test"],
            model=run.params.get("model.kind", ""),
            scores=tuple(ScoreResult(name, **metrics["model"][name]) for name in _shown(run)),
            trivial=_best(run, "trivial", alpha),
            classical=_best(run, "classical", alpha),
            seconds=round(last.seconds, 1) if last else None,
            epochs=last.epoch if last else None,
            curve=tuple(
                CurvePoint(point.epoch, round(point.seconds, 1), float(f"{point.validation:.4g}"))
                for point in run.curve
            ),
            untrained=EvaluationResult.read(dict(metrics), alpha).untrained,
            seeds=SeedsResult.of(metrics),
            memory=None if run.memory is None else round(run.memory),
        )


@dataclass(frozen=True)
class PresetResult:
    """The runs of a preset's task; settings: a hash of its parameters; no runs: not recorded yet."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    task: str
    preset: str
    command: str
    settings: str
    runs: tuple[RunResult, ...]


@dataclass(frozen=True)
class Results:
    """The results of all presets in the order of the page; alpha: significance level of the outcomes."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: float
    rows: tuple[PresetResult, ...]

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read the file. Raises DataError if it is not what `write` writes."""
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            fix = f"Restore it from git: `git checkout -- {path}`."
            raise DataError.at(path, None, f"{where}: {first['msg']}", fix) from None

    def write(self, path: Path) -> None:
        """Write the file; equal results give equal bytes."""
        write_json(path, asdict(self))

    def updated(self, rows: Sequence[ResultsRow], alpha: float) -> Results:
        """Return the results of these rows; one without a run keeps the runs of its settings and command."""
        kept = {(row.settings, row.command): row.runs for row in self.rows}

        def renewed() -> Iterator[PresetResult]:
            for row in rows:
                former = kept.get((row.settings, row.command), ())
                runs = (RunResult.of(row.run, alpha),) if row.run else former
                yield PresetResult(row.task, row.preset, row.command, row.settings, runs)

        return Results(alpha, tuple(renewed()))


def _shown(run: RecordedRun) -> list[str]:
    goal = run.metrics["goal"]
    others = [name for name in run.metrics.get("order", run.metrics["model"]) if name != goal]
    return [goal, *others][:MAX_SCORES]


def _best(run: RecordedRun, kind: str, alpha: float) -> BaselineResult | None:
    metrics = run.metrics
    name, _ = best_baseline(metrics, kind)
    if name not in metrics["baselines"]:
        return None
    result = EvaluationResult.read(dict(metrics), alpha)
    found = _of(result.comparisons, name)
    outcome = found.summary(alpha) if found else None
    also = {metric: other.summary(alpha) for metric, r in result.further.items() if (other := _of(r, name))}
    score = metrics["baselines"][name][metrics["goal"]]
    return BaselineResult(
        name,
        **score,
        outcome=outcome,
        also={metric: further for metric, further in also.items() if further != outcome},
        difference=None if found is None else rounded(found.difference.value),
        p=None if found is None else rounded(_p(found, alpha)),
    )


def _p(found: BaselineComparison, alpha: float) -> float | None:
    """Return the p-value that the model is worse if it loses, else that it is better."""
    difference = found.difference
    return difference.p_worse if found.summary(alpha) == "loses to" else difference.p_better


def _of(comparisons: Sequence[BaselineComparison], baseline: str) -> BaselineComparison | None:
    return next((found for found in comparisons if found.name == baseline), None)
