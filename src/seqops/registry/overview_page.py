"""The page of registered models: one HTML file that opens offline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import jinja2

from seqops.core.files import write_bytes
from seqops.registry.overview import ModelOverview


def write_overview(path: Path, models: Sequence[ModelOverview]) -> None:
    """Write the page; reports on this disk are linked by their place relative to it."""

    def link(report: str | Path) -> str:
        return report if isinstance(report, str) else _relative(report, path)

    loaders = [jinja2.PackageLoader(package) for package in ("seqops.registry", "seqops.evaluation")]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("models.html").render(models=models, link=link)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, page.encode("utf-8"))


def _relative(report: Path, page: Path) -> str:
    return quote(Path(os.path.relpath(report, page.parent)).as_posix())
