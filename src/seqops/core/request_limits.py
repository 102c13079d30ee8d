"""How much a request to a served model may hold, checked before any work is done for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from seqops.core.errors import DataError


@dataclass(frozen=True)
class RequestLimits:
    """Limits of one request; items: its inputs; chars: of one input; total_chars: of all inputs together."""

    items: int = 1_000
    chars: int = 100_000
    total_chars: int = 2_000_000

    def check(self, inputs: Sequence[str]) -> None:
        """Raise DataError, naming the input, if a request holds more."""
        if len(inputs) > self.items:
            fix = "Send them in several requests."
            raise DataError(f"the request has {len(inputs):,} inputs, more than {self.items:,}. {fix}")
        for number, text in enumerate(inputs, 1):
            self._check_length(number, text)
        if (total := sum(map(len, inputs))) > self.total_chars:
            what = f"the request has {total:,} characters, more than {self.total_chars:,}"
            raise DataError(f"{what}. Send it in several requests.")

    def batches(self, inputs: Iterable[str]) -> Iterator[list[str]]:
        """Divide inputs, in order, into requests within the limits. Raises DataError for a long input."""
        batch: list[str] = []
        room = self.total_chars
        for number, text in enumerate(inputs, 1):
            self._check_length(number, text)
            if batch and (len(batch) == self.items or len(text) > room):
                yield batch
                batch, room = [], self.total_chars
            batch.append(text)
            room -= len(text)
        if batch:
            yield batch

    def lines(self, text: TextIO, name: Path) -> Iterator[str]:
        """Yield the lines of a text with their ends, of which an input has one or several.

        Raises DataError with the number of a line that is longer than an input may be, without reading more
        of it than that.
        """
        number = 1
        while line := text.readline(self.chars + 1):
            if len(line) > self.chars and not line.endswith("\n"):
                what = f"the line has more than {self.chars:,} characters, the most that an input may have"
                raise DataError.at(name, number, what, "Give shorter ones.")
            yield line
            number += 1

    def summary(self) -> str:
        """Format the limits as a sentence of the model card."""
        return (
            f"A request has at most {self.items:,} inputs, of {self.chars:,} characters each and "
            f"{self.total_chars:,} in all."
        )

    def _check_length(self, number: int, text: str) -> None:
        if len(text) > self.chars:
            what = f"input {number} has {len(text):,} characters, more than {self.chars:,}"
            raise DataError(f"{what}. Give a shorter one.")
