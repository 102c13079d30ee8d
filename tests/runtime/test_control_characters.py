"""What is printed steers no terminal: control characters are shown as escapes."""

import io
import os

import pytest
from rich.table import Table

from seqops.core.errors import SeqopsError
from seqops.runtime import console


@pytest.fixture
def printed(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(console, "err", console.PlainConsole(file=stream, width=80))
    return stream


def test_an_error_with_control_characters_shows_them(printed):
    console.print_error(SeqopsError("answered 404 \x1b]0;title\x07\x1b[2J\x9b1m\r\u202etxt\n\t[red]é한"))
    shown = "error: answered 404 \\x1b]0;title\\x07\\x1b[2J\\x9b1m\\r\\u202etxt\n        [red]é한\n"
    assert printed.getvalue() == shown


def test_a_name_of_a_file_that_is_not_utf_8_is_shown(printed):
    name = os.fsdecode(b"caf\xe9.csv")
    console.print_error(SeqopsError(f"{name} is empty"))
    assert printed.getvalue() == "error: caf\\udce9.csv is empty\n"


def test_a_cell_of_a_table_shows_them(printed):
    table = Table("name", box=None)
    table.add_row("a\x1b[2Jb")
    console.err.print(table)
    assert [line.strip() for line in printed.getvalue().splitlines()] == ["name", "a\\x1b[2Jb"]


def test_styles_of_the_program_still_reach_a_terminal():
    stream = io.StringIO()
    console.PlainConsole(file=stream, force_terminal=True, color_system="standard").print("[red]a[/]")
    assert stream.getvalue() == "\x1b[31ma\x1b[0m\n"
