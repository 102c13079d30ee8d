"""How much a request to a served model may hold, checked before any work is done for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        self._check_chars(inputs)
        if (total := sum(map(len, inputs))) > self.total_chars:
            what = f"the request has {total:,} characters, more than {self.total_chars:,}"
            raise DataError(f"{what}. Send it in several requests.")

    def batches(self, inputs: Sequence[str]) -> list[list[str]]:
        """Divide inputs, in order, into requests within the limits. Raises DataError for a long input."""
        self._check_chars(inputs)
        batches: list[list[str]] = []
        room = 0
        for text in inputs:
            if not batches or len(batches[-1]) == self.items or len(text) > room:
                batches.append([])
                room = self.total_chars
            batches[-1].append(text)
            room -= len(text)
        return batches

    def summary(self) -> str:
        """Format the limits as a sentence of the model card."""
        return (
            f"A request has at most {self.items:,} inputs, of {self.chars:,} characters each and "
            f"{self.total_chars:,} in all."
        )

    def _check_chars(self, inputs: Sequence[str]) -> None:
        for number, text in enumerate(inputs, 1):
            if len(text) > self.chars:
                what = f"input {number} has {len(text):,} characters, more than {self.chars:,}"
                raise DataError(f"{what}. Give a shorter one.")
