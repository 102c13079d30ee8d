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
from seqops.core.records import Plot
from seqops.evaluation import ablations
from seqops.evaluation.example_table import cells
from seqops.evaluation.interval_coverage import coverage_notes
from seqops.evaluation.score_table import cell, goal_rows, metric_rows, p_value, scale_of
from seqops.evaluation.seeds import HEAD, rows_of, summary
from seqops.evaluation.training_curves import Panel

mpl.use("agg")


def write_page(
    path: Path,
    task: str,
    metrics: Mapping[str, Any],
    plots: Sequence[Plot],
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    curves: Sequence[Panel] = (),
) -> None:
    """Write the report with the images in `folder` embedded; tables: by title, empty ones are left out.

    curves: of the training, none for a model that is fitted at once.
    """
    loader = jinja2.PackageLoader("seqops.evaluation")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    pictures = [(plot.title, _embedded(folder / f"{plot.name}.png")) for plot in plots]
    shown = {
        title: (list(table.columns), cells(table)) for title, table in tables.items() if len(table.columns)
    }
    columns, rows = metric_rows(metrics)
    page = environment.get_template("report.html").render(
        task=task,
        m=metrics,
        pictures=pictures,
        tables=shown,
        curves=curves,
        goal=goal_rows(metrics),
        columns=columns,
        rows=rows,
        cell=cell,
        p=p_value,
        scale=scale_of(metrics["signatures"].get(metrics["goal"], "")),
        ablations=ablations.summary(metrics),
        notes=coverage_notes(metrics),
        seeds={"summary": summary(metrics), "head": HEAD, "rows": rows_of(metrics)},
    )
    write_bytes(path, page.encode("utf-8"))


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
