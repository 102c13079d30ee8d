"""One interactive page about a study, which opens offline and asks no other address for anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import optuna
import optuna.visualization as interactive
import plotly.io
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState
from plotly.offline import get_plotlyjs

from seqops.blocks.search.space import Float

COLUMNS = 4
"""Pictures in a row, where there is one for each key."""
HEIGHT, GAP = 420, 0.04
STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


@dataclass(frozen=True)
class Section:
    """A picture of the page: its HTML, or why it is missing."""

    title: str
    drawn: str
    missing: str | None


def score_of(study: optuna.Study) -> str:
    """Return the name of the score, where the study knows it."""
    return (study.metric_names or ["score"])[0]


def evaluator() -> FanovaImportanceEvaluator:
    """Make the judge of importances: fANOVA (Hutter et al. 2014), the same at every call."""
    return FanovaImportanceEvaluator(seed=0)


def places(count: int) -> list[tuple[int, int]]:
    """Return the row and the column of each of several pictures."""
    return [divmod(i, COLUMNS) for i in range(count)]


def drawn(name: str, study: optuna.Study, keys: list[str]) -> str:
    """Draw a picture of the keys that differ among trials, as HTML that needs the library on the page."""
    figure = FIGURES[name](study, keys)
    height = figure.layout.height or HEIGHT
    figure.update_layout(title=None, width=None, height=height, margin={"t": 50, "b": 60})
    # one of the buttons would send the figure to a server
    config = {"showSendToCloud": False, "displaylogo": False}
    html: str = plotly.io.to_html(figure, config, include_plotlyjs=False, full_html=False, div_id=name)
    return html


def _history(study: optuna.Study, keys: list[str]) -> Any:
    return interactive.plot_optimization_history(study, target_name=score_of(study))


def _importances(study: optuna.Study, keys: list[str]) -> Any:
    figure = interactive.plot_param_importances(study, evaluator(), keys, target_name=score_of(study))
    return figure.update_xaxes(title="share").update_yaxes(title=None, ticksuffix=" ")


def _slices(study: optuna.Study, keys: list[str]) -> Any:
    """Draw the score by each value, in rows of a few pictures."""
    figure = interactive.plot_slice(study, keys, target_name=score_of(study))
    across, rows = min(len(keys), COLUMNS), places(len(keys))[-1][0] + 1
    for i, (row, column) in enumerate(places(len(keys))):
        bottom, left = 1 - (row + 1) / rows, column / across
        x, y = (figure.layout[f"{axis}axis{i + 1 if i else ''}"] for axis in "xy")
        x.domain = (left, left + 1 / across - GAP)
        y.domain = (bottom + (0.15 if bottom else 0), bottom + 1 / rows)
        y.title, y.showticklabels = (score_of(study) if column == 0 else None), column == 0
        x.update({"dtick": "D2"} if x.type == "log" else {"nticks": 5})
    return figure.update_layout(height=300 * rows + 100)


def _parallel(study: optuna.Study, keys: list[str]) -> Any:
    return interactive.plot_parallel_coordinate(study, keys, target_name=score_of(study))


FIGURES: Mapping[str, Callable[[optuna.Study, list[str]], Any]] = {
    "history": _history,
    "importances": _importances,
    "slice": _slices,
    "parallel": _parallel,
}

# the policy lets nothing be fetched, whatever address the library of the pictures might know
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ study.study_name }}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; worker-src blob:">
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.7rem 0 1.5rem}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;
text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}
.note{background:#fff6d8;padding:.5rem 1rem}
</style>
<script>{{ library | safe }}</script>
<h1>{{ study.study_name }}</h1>
<p>{{ counts }}.</p>
{% if best %}<h2>Best trial: number {{ best.number }}, {{ score }} {{ "%.4g" | format(best.value) }}</h2>
<table>{% for key, value in values.items() %}<tr><td>{{ key }}</td>
<td class="n">{{ value }}</td></tr>{% endfor %}</table>{% endif %}
{% for section in sections %}<h2>{{ section.title }}</h2>
{% if section.missing %}<p class="note">{{ section.missing }}</p>{% endif %}
{{ section.drawn | safe }}
{% endfor %}
</html>
"""


def written(study: optuna.Study, sections: Sequence[Section]) -> str:
    """Return the page: what became of the trials, the best of them, and the pictures."""
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    counts = [f"{states.count(state)} {name}" for state, name in STATES.items() if state in states]
    best = study.best_trial if TrialState.COMPLETE in states else None
    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    return environment.from_string(PAGE).render(
        study=study,
        score=score_of(study),
        best=best,
        values=_trained_with(best) if best else {},
        counts=f"{len(states)} trials: {', '.join(counts)}" if states else "No trials yet",
        sections=sections,
        library=get_plotlyjs(),
    )


def _trained_with(trial: FrozenTrial) -> dict[str, Any]:
    """Return the values of a trial as they were settled."""
    values = dict(trial.params)
    for key, found in trial.distributions.items():
        if isinstance(found, FloatDistribution):
            values[key] = Float("float", found.low, found.high, found.step, found.log).settle(values[key])
    return values
