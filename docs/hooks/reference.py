"""MkDocs hook: reference pages generated at every build, and the pages of `deploy/`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from seqops.cli.reference import WHOLE, quoted, settings, shared_sections, shown, summary, task_sections
from seqops.core.registration import Registration
from seqops.core.settings import FitConfig
from seqops.params import Params
from seqops.tuning.search_space import KINDS

PROJECT = Path(__file__).parents[2]
RECIPES = {"deploy.md": "deploy/README.md", "tracking-server.md": "deploy/mlflow/README.md"}
MISSING_DOC = "*not documented*"
INTRODUCTION = """\
# params.yaml

All settings are in `params.yaml`. An unknown key, a missing one and a value outside its limits are refused
with file, line and the nearest known name. This page is generated from the classes
that read the file; the values are those of the shipped `params.yaml`.
"""
SOURCE = f"""\
## tasks.&lt;task&gt;.source

{WHOLE["source"].meaning}
See [your own data](../tasks/index.md#your-own-data).
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and the READMEs of `deploy/` to the site."""
    params = Params.load(PROJECT / "params.yaml")
    pages = {"reference/params.md": params_page(params), "reference/commands.md": commands_page()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    for path, source in RECIPES.items():
        files.append(File.generated(config, path, abs_src_path=str(PROJECT / source)))
    return files


def commands_page() -> str:
    """Return Typer's page about the commands, without its list of them."""
    command = [sys.executable, "-m", "typer", "seqops.cli", "utils", "docs", "--name", "seqops"]
    page = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return "# Commands\n" + page[page.index("\n## ") :]


def params_page(params: Params) -> str:
    """Return the page about all keys of params.yaml."""
    tasks: dict[str, Any] = params.content["tasks"]
    parts = [INTRODUCTION]
    for name, section in shared_sections(params).items():
        parts += [f"## {name}", summary(section), table(section, {"value": params.content[name]})]
    fits = {name: task["fit"] for name, task in tasks.items()}
    parts += [SOURCE, "## tasks.&lt;task&gt;.fit", summary(FitConfig), table(FitConfig, fits)]
    parts += ["## tasks.&lt;task&gt;.registry", f"Optional. {summary(Registration)}", table(Registration, {})]
    parts += ["## tasks.&lt;task&gt;.search", str(WHOLE["search"].meaning)]
    parts += [f"`kind: {kind}`: {summary(cls)}\n\n{table(cls, {})}" for kind, cls in KINDS.items()]
    for name, task in tasks.items():
        parts += [f"## tasks.{name}"]
        for key, section in task_sections(params, name).items():
            if key != "fit":
                values = table(section, {"value": task[key]})
                parts += [f"### tasks.{name}.{key}", summary(section), values]
        ranges = [(f"`{key}`", quoted(entry)) for key, entry in task["search"].items()]
        parts += [f"### tasks.{name}.search", _markdown(("key", "searched by default"), ranges)]
    return "\n\n".join(parts) + "\n"


def table(cls: type, values: Mapping[str, Mapping[str, Any]]) -> str:
    """Format the keys of a settings class as a table; values: further columns by heading."""
    rows = []
    for setting in settings(cls):
        present = [shown(section, setting.key) for section in values.values()]
        meaning = setting.meaning or MISSING_DOC
        rows.append((f"`{setting.key}`", meaning, setting.kind, setting.limits, *present))
    return _markdown(("key", "meaning", "type", "limits", *values), rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
