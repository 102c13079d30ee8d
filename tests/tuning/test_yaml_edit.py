"""Writing values into params.yaml: only the value changes."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from seqops.core.dotted_keys import flattened
from seqops.core.errors import ConfigError
from seqops.params import Params
from seqops.tuning.yaml_edit import InPlaceEditError, edited, with_values_set

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "params.yaml", ROOT / "presets" / "real.yaml"]
TEXTS = {path.name: path.read_text("utf-8") for path in FILES}
TEXTS["styles.yaml"] = """\
# every way to write a scalar
plain: 64            # aligned
tight: 0.004 # not aligned
flow: {kind: cosine, rate: 0.02} # in a mapping
double: ""   # quoted
single: 'it'
empty:       # nothing yet

text: two words
last: luong"""
# keys of `search` contain dots
KEYS = {
    name: [
        key
        for key, value in flattened(YAML(typ="safe").load(text)).items()
        if not isinstance(value, list) and ".search." not in key
    ]
    for name, text in TEXTS.items()
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)


def read(text):
    return YAML(typ="safe", pure=True).load(text)


def changed(document, key, value):
    *parents, last = key.split(".")
    for part in parents:
        document = document[part]
    document[last] = value


@pytest.mark.parametrize("name", TEXTS)
def test_without_values_no_character_changes(name):
    assert with_values_set(TEXTS[name], {}) == TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_only_the_value_changes_and_it_loads_back(name, data):
    text = TEXTS[name]
    key = data.draw(st.sampled_from(KEYS[name]))
    value = data.draw(SCALARS | WORDS)
    new = with_values_set(text, {key: value})
    expected = read(text)
    changed(expected, key, value)
    found = read(new)
    assert found == expected
    assert list(map(repr, flattened(found).values())) == list(map(repr, flattened(expected).values()))
    old_lines, new_lines = text.split("\n"), new.split("\n")
    assert len(old_lines) == len(new_lines)
    [line] = [i for i, (a, b) in enumerate(zip(old_lines, new_lines, strict=True)) if a != b] or [None]
    if line is None:
        return
    old, new = old_lines[line], new_lines[line]
    last = re.escape(key.rpartition(".")[2])
    start = re.search(rf"\b{last}:", old).end()
    assert new[:start] == old[:start]
    # the rest of a flow mapping after the value, or the comment after it
    rest = re.search(r"(, [a-z]+: [^,{}]*)?}( *#.*)?$|#.*$|$", old[start:]).group()
    assert new.endswith(rest)


def test_several_values_are_set_at_once_and_the_layout_is_kept():
    text = (
        "# first\n"
        "tasks:\n"
        "\n"
        "  a:\n"
        "    units: 64            # of one direction\n"
        "    rate: 0.004 # tight\n"
        "    decay: {kind: cosine, rate: 0.02} # inline\n"
        '    date: ""   # double\n'
        "    name: 'it'   # single\n"
        "    nothing:     # not yet\n"
        "    last: luong"
    )
    new = with_values_set(
        text,
        {
            "tasks.a.units": 128,
            "tasks.a.rate": 0.00001,
            "tasks.a.decay.rate": 0.5,
            "tasks.a.decay.kind": "plateau",
            "tasks.a.date": "d",
            "tasks.a.name": "it's",
            "tasks.a.nothing": 3,
            "tasks.a.last": "none",
        },
    )
    assert new == (
        "# first\n"
        "tasks:\n"
        "\n"
        "  a:\n"
        "    units: 128           # of one direction\n"
        "    rate: 0.00001 # tight\n"
        "    decay: {kind: plateau, rate: 0.5} # inline\n"
        '    date: "d"  # double\n'
        "    name: 'it''s' # single\n"
        "    nothing: 3   # not yet\n"
        "    last: none"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.0, "1.0"),
        (1e-05, "0.00001"),
        (1e16, "10000000000000000.0"),
        (-3, "-3"),
        (True, "true"),
        (None, "null"),
        ("gru", "gru"),
        ("none", "none"),
        ("null", '"null"'),
        ("true", '"true"'),
        ("12", '"12"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("a, b", '"a, b"'),
        ("a #b", '"a #b"'),
        ("삼성", "삼성"),
        ("a\nb", '"a\\U0000000ab"'),
        ([], "[]"),
        (["0", "b c", "d, e"], '["0", b c, "d, e"]'),
        ({"train": "a.txt", "test": ["b.txt", "c.txt"]}, "{train: a.txt, test: [b.txt, c.txt]}"),
    ],
)
def test_a_value_is_written_in_plain_style(value, written):
    text = with_values_set("{a: x}", {"a": value})
    assert text == f"{{a: {written}}}"
    assert read(text) == {"a": value}


@pytest.mark.parametrize("old", ["[1, 2]", "{b: 1, c: [2]}", "[]"])
def test_a_list_or_mapping_in_brackets_is_replaced_as_a_whole(old):
    text = f"tasks:\n  a: {old}  # those\n  z: 0\n"
    assert read(with_values_set(text, {"tasks.a": ["x"], "tasks.z": [1]})) == {
        "tasks": {"a": ["x"], "z": [1]}
    }
    assert "# those" in with_values_set(text, {"tasks.a": "x"})


def test_line_endings_and_surrounding_lines_are_kept(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"tasks:\r\n  a: 1\r\n  b: 2 # two\r\n")
    changed = edited(Params.load(path), {"tasks.a": 10})
    assert changed.encode() == b"tasks:\r\n  a: 10\r\n  b: 2 # two\r\n"


def test_the_current_content_of_the_file_is_edited(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("tasks:\n  a: 1\n")
    params = Params.load(path)
    path.write_text("# new\ntasks:\n  z: 0\n  a: 1\n")
    assert edited(params, {"tasks.a": 2}) == "# new\ntasks:\n  z: 0\n  a: 2\n"
    path.write_text("tasks:\n  z: 0\n")
    with pytest.raises(ConfigError, match=r"^params\.yaml:1: tasks\.a: unknown key"):
        edited(params, {"tasks.a": 2})


@pytest.mark.parametrize(
    "body",
    ["\n  - 1", "\n    b: 1", "|\n    text", "&here 1\n  b: *here", "two\n    lines"],
)
def test_a_value_that_is_not_on_one_line_is_refused(tmp_path, body):
    path = tmp_path / "params.yaml"
    path.write_text(f"tasks:\n  z: 0\n  a: {body}\n")
    with pytest.raises(ConfigError) as refused:
        edited(Params.load(path), {"tasks.a": 2})
    assert str(refused.value) == "params.yaml:3: tasks.a: not a value on one line. Edit it by hand."


def test_an_alias_is_not_edited_at_its_anchor():
    with pytest.raises(InPlaceEditError):
        with_values_set("a: &here 1\nb: *here\n", {"b": 2})
