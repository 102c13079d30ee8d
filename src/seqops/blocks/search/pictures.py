"""What a study found, as pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import optuna
import optuna.visualization.matplotlib as static
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from seqops.blocks.search import page
from seqops.store import replacing, write_bytes

mpl.use("agg")
STYLE = {"figure.figsize": (10.0, 5.0), "figure.dpi": 110, "figure.constrained_layout.use": True}
SMALL = 3.4  # inches of one of several pictures side by side

Missing = Callable[[Sequence[FrozenTrial], list[str]], str | None]
"""Says why complete trials, among which the named keys differ, make no picture; None where they do."""


@dataclass(frozen=True)
class Picture:
    """One view of a study; draw: makes a matplotlib figure of the keys that differ among trials."""

    name: str
    title: str
    missing: Missing
    draw: Callable[[optuna.Study, list[str]], Any]


def draw(study: optuna.Study, folder: Path) -> None:
    """Write each picture of a study as `<name>.png`, and all of them as the page `study.html`.

    A picture for which there are too few complete trials is left out, and the page says so.
    """
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    keys = _varied(trials)
    sections = []
    for picture in PICTURES:
        missing = picture.missing(trials, keys)
        with _quietly():
            drawn = "" if missing else page.drawn(picture.name, study, keys)
            if not missing:
                _save(picture, study, keys, folder / f"{picture.name}.png")
        sections.append(page.Section(picture.title, drawn, missing))
    write_bytes(folder / "study.html", page.written(study, sections).encode("utf-8"))


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep optuna's remarks on experimental functions, and its choice of style, to this block."""
    with warnings.catch_warnings(), mpl.rc_context(STYLE):
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def _varied(trials: Sequence[FrozenTrial]) -> list[str]:
    """Name the keys that every trial has and that differ among them."""
    names = sorted({key for trial in trials for key in trial.params})
    shared = [key for key in names if all(key in trial.params for trial in trials)]
    return [key for key in shared if len({trial.params[key] for trial in trials}) > 1]


def _save(picture: Picture, study: optuna.Study, keys: list[str], path: Path) -> None:
    figure = picture.draw(study, keys)
    for axes in figure.axes:
        # optuna's own titles stand at different places
        axes.set_title("")
        axes.set_title("", loc="left")
    figure.suptitle(picture.title)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    plt.close(figure)


def _history(study: optuna.Study, keys: list[str]) -> Any:
    return static.plot_optimization_history(study, target_name=page.score_of(study)).figure


def _importances(study: optuna.Study, keys: list[str]) -> Any:
    axes: Any = static.plot_param_importances(study, page.evaluator(), keys)
    axes.get_legend().remove()
    axes.set_xlabel("share")
    axes.set_ylabel("")
    return axes.figure


def _slices(study: optuna.Study, keys: list[str]) -> Any:
    """Draw the score by each value, in rows of a few pictures."""
    plots = np.ravel(static.plot_slice(study, keys, target_name=page.score_of(study)))  # type: ignore[arg-type]
    figure, places = plots[0].figure, page.places(len(keys))
    rows, across = places[-1][0] + 1, min(len(keys), page.COLUMNS)
    figure.set_size_inches(SMALL * across + 1, SMALL * rows)
    grid = GridSpec(rows, across, figure=figure)
    for axes, key, (row, column) in zip(plots, keys, places, strict=True):
        axes.set_subplotspec(grid[row, column])
        axes.set_ylabel(page.score_of(study) if column == 0 else "")
        axes.tick_params(axis="y", labelleft=column == 0)
        _tidy(axes.xaxis, study, key)
    return figure


def _parallel(study: optuna.Study, keys: list[str]) -> Any:
    axes: Any = static.plot_parallel_coordinate(study, keys, target_name=page.score_of(study))
    figure = axes.figure
    figure.set_size_inches(max(10.0, 1.6 * len(keys)), 6.0)
    axes.set_xticks(range(len(keys) + 1), [page.score_of(study), *keys], rotation=20, ha="right")
    # the first axes are the score's and those of its colours
    for key, twin in zip(keys, figure.axes[2:], strict=True):
        _tidy(twin.yaxis, study, key)
        for label in twin.get_yticklabels():
            label.set(bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})
    return figure


def _tidy(axis: Any, study: optuna.Study, key: str) -> None:
    """Give an axis of numbers few ticks, written as in params.yaml."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    distribution = trials[0].distributions[key]
    if isinstance(distribution, CategoricalDistribution):
        return
    if axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_major_locator(MaxNLocator(5, integer=isinstance(distribution, IntDistribution)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _no_trial(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    return None if trials else "No trial is complete yet."


def _no_two(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    return None if keys else "It takes two complete trials whose values differ."


def _no_spread(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    alike = len({trial.value for trial in trials}) < 2
    return _no_two(trials, keys) or ("All complete trials have the same score." if alike else None)


PICTURES = (
    Picture("history", "Score of each trial, and the best so far", _no_trial, _history),
    Picture("importances", "How much of the spread of scores each key explains", _no_spread, _importances),
    Picture("slice", "Score by the value of each key", _no_two, _slices),
    Picture("parallel", "Values that went together", _no_two, _parallel),
)
