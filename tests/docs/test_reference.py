"""The reference pages list every key of params.yaml with its meaning, and every command."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import reference
from annotated_types import Ge, Len, Lt

from seqops.cli.reference import Setting
from seqops.params import Params

PARAMS = Params.load(reference.PROJECT / "params.yaml")


@dataclass
class Inner:
    """A part.

    Attributes
    ----------
    rate : float
        How fast.
    """

    rate: Annotated[float, Ge(0.0), Lt(1.0)]


@dataclass
class Outer:
    """A section.

    More about it.

    Attributes
    ----------
    kind
        What it is,
        in two lines.
    low, high : float or None
        The ends.
    parts
        Its parts.

    Notes
    -----
    undocumented
        Not an attribute.
    """

    kind: Literal["a", "b"]
    low: float | None
    high: float | None
    sizes: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(2)]
    parts: tuple[Inner, ...] = ()
    undocumented: str = ""


def test_a_setting_has_a_type_limits_and_a_meaning():
    found = {setting.key: setting for setting in reference.settings(Outer)}
    assert found["kind"] == Setting("kind", "choice", "`a`, `b`", "What it is, in two lines.")
    assert found["high"] == Setting("high", "number or null", "", "The ends.")
    assert found["parts[].rate"] == Setting("parts[].rate", "number", "≥ 0, < 1", "How fast.")
    assert (found["sizes"].kind, found["sizes"].limits) == ("list of integers", "≥ 1, at least 2 of them")
    assert found["parts"].limits == "optional, default `[]`"


def test_an_undocumented_field_is_marked():
    found = {setting.key: setting.meaning for setting in reference.settings(Outer)}
    assert found["sizes"] is None
    assert found["undocumented"] is None
    assert f"| `sizes` | {reference.MISSING_DOC} |" in reference.table(Outer, {})


def test_the_summary_of_a_class_ends_before_its_attributes():
    assert reference.summary(Outer) == "A section.\n\nMore about it."


def test_a_table_shows_the_values_of_the_file():
    values = {"value": {"kind": "a", "low": None, "high": 1.5, "sizes": [1, 2], "undocumented": ""}}
    rows = reference.table(Outer, values).splitlines()
    ends = [row.rsplit("| ", 1)[1] for row in rows[2:]]
    assert ends == ["`a` |", "`null` |", "`1.5` |", "`[1, 2]` |", " |", " |", '`""` |']


@pytest.fixture(scope="module")
def page():
    return reference.params_page(PARAMS)


def test_the_page_lists_every_key_of_params_yaml(page):
    sections = {name: PARAMS.content[name] for name in PARAMS.content if name != "tasks"}
    for task in PARAMS.names:
        section = PARAMS.content["tasks"][task]
        sections |= {f"tasks.{task}.{part}": section[part] for part in ("data", "model", "search")}
        sections["tasks.&lt;task&gt;.fit"] = section["fit"]
    for name, section in sections.items():
        part = page.partition(f"# {name}\n")[2].partition("\n#")[0]
        for key in section:
            assert f"| `{key}` |" in part, f"{name}.{key}"


def test_every_setting_is_documented(page):
    missing = [row.split(" | ")[0] for row in page.splitlines() if reference.MISSING_DOC in row]
    assert missing == []


def test_the_page_of_commands_lists_each_of_them():
    from seqops.cli import app

    page = reference.commands_page()
    names = [command.callback.__name__.replace("_", "-") for command in app.registered_commands]
    assert len(names) > 10
    for name in names:
        assert f"## `seqops {name}`" in page
