"""Report of a study: one interactive HTML page that opens offline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import optuna
import optuna.visualization as interactive
import plotly.io
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState
from plotly.offline import get_plotlyjs

from seqops.core.files import write_bytes
from seqops.tuning.search_space import Float
from seqops.tuning.summary import Summary

COLUMNS = 4
"""Plots in a row, if there is one for each key."""
HEIGHT, GAP = 420, 0.04
TICKS = 5
"""Maximum number of ticks along the axis of a key."""
STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}

Missing = Callable[[Sequence[FrozenTrial], list[str]], str | None]
"""Returns why a plot of these complete trials and varied keys is impossible, or None."""


@dataclass(frozen=True)
class StudyPlot:
    """One plot of a study; draw: returns a plotly figure of the keys that differ between trials."""

    name: str
    title: str
    missing: Missing
    draw: Callable[[optuna.Study, list[str]], Any]


@dataclass(frozen=True)
class Section:
    """A section of the page: the HTML of its plot, or why it is missing."""

    title: str
    html: str
    missing: str | None


def write_page(study: optuna.Study, path: Path, summary: Summary | None = None) -> None:
    """Write the number of trials by state, the best trial, the comparison of the finalists, and the plots.

    A plot that needs more complete trials is left out, and the page says so.
    """
    trials = _complete(study)
    keys = _varied(trials)
    sections = []
    for plot in PLOTS:
        missing = plot.missing(trials, keys)
        html = "" if missing else _html(plot.name, plot.draw(study, keys))
        sections.append(Section(plot.title, html, missing))
    write_bytes(path, _page(study, sections, summary).encode("utf-8"))


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _varied(trials: Sequence[FrozenTrial]) -> list[str]:
    """Return the keys that every trial has and whose values differ between trials."""
    names = sorted({key for trial in trials for key in trial.params})
    shared = [key for key in names if all(key in trial.params for trial in trials)]
    return [key for key in shared if len({trial.params[key] for trial in trials}) > 1]


def _html(name: str, figure: Any) -> str:
    """Return a figure as HTML, without the plotly library."""
    height = figure.layout.height or HEIGHT
    figure.update_layout(title=None, width=None, height=height, margin={"t": 50, "b": 60})
    # one of the buttons would send the figure to a server
    config = {"showSendToCloud": False, "displaylogo": False}
    html: str = plotly.io.to_html(figure, config, include_plotlyjs=False, full_html=False, div_id=name)
    return html


def _score(study: optuna.Study) -> str:
    """Return the name of the score, or "score" if the study has none."""
    return (study.metric_names or ["score"])[0]


def _history(study: optuna.Study, keys: list[str]) -> Any:
    return interactive.plot_optimization_history(study, target_name=_score(study))


def _importances(study: optuna.Study, keys: list[str]) -> Any:
    """StudyPlot importances by fANOVA (Hutter et al. 2014), seeded."""
    evaluator = FanovaImportanceEvaluator(seed=0)
    figure = interactive.plot_param_importances(study, evaluator, keys, target_name=_score(study))
    return figure.update_xaxes(title="share").update_yaxes(title=None, ticksuffix=" ")


def _slices(study: optuna.Study, keys: list[str]) -> Any:
    """StudyPlot the score against each key, `COLUMNS` plots in a row."""
    figure = interactive.plot_slice(study, keys, target_name=_score(study))
    distributions = _complete(study)[0].distributions
    across, rows = min(len(keys), COLUMNS), math.ceil(len(keys) / COLUMNS)
    for i, key in enumerate(keys):
        row, column = divmod(i, COLUMNS)
        bottom, left = 1 - (row + 1) / rows, column / across
        x, y = (figure.layout[f"{axis}axis{i + 1 if i else ''}"] for axis in "xy")
        x.domain = (left, left + 1 / across - GAP)
        y.domain = (bottom + (0.15 if bottom else 0), bottom + 1 / rows)
        y.title, y.showticklabels = (_score(study) if column == 0 else None), column == 0
        x.update(_ticks(distributions[key]))
    return figure.update_layout(height=300 * rows + 100)


def _parallel(study: optuna.Study, keys: list[str]) -> Any:
    return interactive.plot_parallel_coordinate(study, keys, target_name=_score(study))


def _ticks(distribution: BaseDistribution) -> dict[str, Any]:
    """Return the ticks of an axis, written as in params.yaml, or their number if plotly places them."""
    automatic = {"nticks": TICKS}
    if not isinstance(distribution, (FloatDistribution, IntDistribution)):
        return automatic
    low, high = distribution.low, distribution.high
    values: list[float] = []
    if distribution.log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for parts in ((1, 2, 5), (1,)):
            every = [part * 10.0**power for power in powers for part in parts]
            values = [value for value in every if low <= value <= high]
            if len(values) <= TICKS:
                break
    elif isinstance(distribution, IntDistribution) and high - low < TICKS:
        values = list(range(int(low), int(high) + 1))
    return {"tickvals": values, "ticktext": [f"{value:g}" for value in values]} if values else automatic


def _no_trial(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    return None if trials else "No trial is complete yet."


def _no_varied_key(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    return None if keys else "At least two complete trials with different values are needed."


def _no_spread(trials: Sequence[FrozenTrial], keys: list[str]) -> str | None:
    constant = len({trial.value for trial in trials}) < 2
    return _no_varied_key(trials, keys) or ("All complete trials have the same score." if constant else None)


PLOTS = (
    StudyPlot("history", "Score of each complete trial, and the best so far", _no_trial, _history),
    StudyPlot(
        "importances", "Share of the score's variance that each key explains", _no_spread, _importances
    ),
    StudyPlot("slice", "Score against each key", _no_varied_key, _slices),
    StudyPlot("parallel", "Values of each trial, in parallel coordinates", _no_varied_key, _parallel),
)


def _page(study: optuna.Study, sections: Sequence[Section], summary: Summary | None) -> str:
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    counts = [f"{states.count(state)} {name}" for state, name in STATES.items() if state in states]
    best = study.best_trial if TrialState.COMPLETE in states else None
    loader = jinja2.PackageLoader("seqops.tuning")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    return environment.get_template("study.html").render(
        study=study,
        score=_score(study),
        best=best,
        values=_trained_values(best) if best else {},
        counts=f"{len(states)} trials: {', '.join(counts)}" if states else "No trials yet",
        sections=sections,
        summary=summary,
        library=get_plotlyjs(),
    )


def _trained_values(trial: FrozenTrial) -> dict[str, Any]:
    """Return the values a trial was trained with, rounded as `Float.to_value` does."""
    values = dict(trial.params)
    for key, found in trial.distributions.items():
        if isinstance(found, FloatDistribution):
            values[key] = Float("float", found.low, found.high, found.step, found.log).to_value(values[key])
    return values
