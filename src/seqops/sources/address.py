"""The URL of a source, in which `$NAME` stands for an environment variable that may hold a secret."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from seqops.core.errors import SeqopsError, quoted, shortened
from seqops.core.redaction import hide_variables, redact

MOST_SHOWN = 300
"""Characters that a message shows of an address."""
MAX_NAME = 200
"""Bytes of the longest file name; file systems have 255, and partial files add to it."""


@dataclass(frozen=True)
class Address:
    """A URL as it stands in params.yaml or in the catalogue; only `url` holds the values of variables."""

    text: str

    @property
    def url(self) -> str:
        """The URL to request."""
        return os.path.expandvars(self.text)

    def __str__(self) -> str:
        """Show the address as it is written, secrets masked."""
        return shortened(redact(self.text), MOST_SHOWN)

    def shown(self, text: str) -> str:
        """Mask in a text what the variables of this address hold, and the secrets of URLs."""
        return redact(hide_variables(text, [self.text]))

    @property
    def file_name(self) -> str:
        """The last part of the path, without parameters. Raises SeqopsError if it names no file."""
        try:
            last = urlsplit(self.text).path.rpartition("/")[2]
            name = unquote(last.partition(";")[0], errors="strict")
        except ValueError:
            name = ""
        if not name.strip() or name.startswith(".") or set(name) & set("/\\") or not name.isprintable():
            raise SeqopsError(f"{self} does not name a file ({quoted(name)}). Give the URL of a file.")
        if len(name.encode("utf-8")) > MAX_NAME:
            raise SeqopsError(f"{self} names a file by more than {MAX_NAME} bytes. Give a shorter URL.")
        return name
