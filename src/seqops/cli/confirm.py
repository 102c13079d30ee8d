"""Confirmation before a command changes something."""

from __future__ import annotations

import sys

import typer

from seqops.core.errors import SeqopsError


def confirm(question: str) -> None:
    """Ask on the terminal. Raises SeqopsError if the answer is no, or if nobody can be asked."""
    if not sys.stdin.isatty():
        raise SeqopsError("cannot ask for confirmation: stdin is not a terminal. Pass --yes.")
    if not typer.confirm(question):
        raise SeqopsError("nothing was changed.")
