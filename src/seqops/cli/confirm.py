"""Confirmation before a command changes something."""

from __future__ import annotations

import sys

import typer

from seqops.core.errors import SeqopsError


def confirm(question: str, options: str = "--yes") -> None:
    """Ask on the terminal. Raises SeqopsError if the answer is no, or if nobody can be asked.

    options: those of the command that need no answer.
    """
    if not sys.stdin.isatty():
        raise SeqopsError(f"cannot ask for confirmation: stdin is not a terminal. Pass {options}.")
    if not typer.confirm(question):
        raise SeqopsError("nothing was changed.")
