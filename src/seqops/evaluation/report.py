"""The report of one task: a self-contained HTML page that opens offline."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import matplotlib as mpl
import pandas as pd

from seqops.core.files import write_bytes
from seqops.core.interfaces import Plot

mpl.use("agg")

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ task }}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.7rem 0 1.5rem}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;
text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.model td{font-weight:600}img{max-width:100%}.note{background:#fff6d8;padding:.5rem 1rem}
small{color:#666}.wide{overflow-x:auto}.wide td{white-space:pre-wrap}
.wide td.n{white-space:nowrap}
</style>
<h1>{{ task }}</h1>
<p>Source <b>{{ m.source }}</b>, {{ m.n_test }} test rows.</p>
{% if m.source == "sample" %}<p class="note">This is the embedded sample: synthetic or very small data that
demonstrates the pipeline. Its scores say nothing about real data.</p>{% endif %}
<p><b>{{ m.verdict }}</b></p>
<h2>Scores</h2>
<p><small>Value and 95 % bootstrap interval; every row on the same test rows.</small></p>
<div class="wide"><table><tr><th></th><th>p</th>{% for name in m.model %}<th>{{ name }}</th>{% endfor %}</tr>
<tr class="model"><td>model</td><td></td>{% for s in m.model.values() %}<td class="n">{{ cell(s) }}</td>
{% endfor %}</tr>
{% for b, scores in m.baselines.items() %}<tr><td>{{ b }} <small>{{ m.baseline_kinds[b] }}</small></td>
<td class="n">{{ "%.4f" | format(m.against[b].p) }}</td>
{% for name in m.model %}<td class="n">{{ cell(scores.get(name)) }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
<p><small>p: paired bootstrap by {{ m.goal }}, one-sided, that the model is better. {% for n, s in
m.signatures.items() %}{{ n }}: {{ s }}. {% endfor %}</small></p>
{% if m.slices %}<h2>Slices</h2><table><tr><th>slice</th><th>rows</th><th>{{ m.goal }}</th></tr>
{% for name, s in m.slices.items() %}<tr><td>{{ name }}</td><td class="n">{{ s.n }}</td>
<td class="n">{{ cell(s[m.goal]) }}</td></tr>{% endfor %}</table>{% endif %}
{% for title, image in pictures %}<h2>{{ title }}</h2><img alt="{{ title }}" src="{{ image }}">{% endfor %}
{% for title, table in tables.items() %}<h2>{{ title }}</h2>
<div class="wide"><table><tr>{% for c in table.columns %}<th>{{ c }}</th>{% endfor %}</tr>
{% for row in table.itertuples(index=False) %}<tr>{% for c in row %}<td>{{ c }}</td>{% endfor %}</tr>
{% endfor %}</table></div>{% endfor %}</html>
"""


def write_page(
    path: Path,
    task: str,
    metrics: Mapping[str, Any],
    plots: Sequence[Plot],
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
) -> None:
    """Write the report with the images in `folder` embedded; tables: by title, empty ones are left out."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    pictures = [(plot.title, _embedded(folder / f"{plot.name}.png")) for plot in plots]
    shown = {title: table for title, table in tables.items() if len(table.columns)}
    page = environment.from_string(PAGE).render(
        task=task, m=metrics, pictures=pictures, tables=shown, cell=_cell
    )
    write_bytes(path, page.encode("utf-8"))


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _cell(score: Mapping[str, float | None] | None) -> str:
    if score is None or score["value"] is None:
        return "–"
    if score["low"] is None or score["high"] is None:
        return f"{score['value']:.4g}"
    return f"{score['value']:.4g} [{score['low']:.4g}, {score['high']:.4g}]"
