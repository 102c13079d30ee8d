"""Answers of a version to one request after the other, and what is said when all are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqops.core.errors import MOST_LISTED, DataError, Refusal, RefusedInputsError, listed
from seqops.core.file_input import FileInput

if TYPE_CHECKING:
    from seqops.registry.version_process import VersionProcess

Records = list[dict[str, Any]]


@dataclass
class Answers:
    """Answers of a version, whose requests may come from a file.

    unknown: words that the version does not know; asked, refused: numbers of inputs; reasons: why the first
    ones are refused.
    """

    version: VersionProcess
    file: Path | None
    unknown: dict[str, None] = field(default_factory=dict)
    asked: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)

    def records(self, batches: Iterable[list[str]]) -> Iterator[tuple[Sequence[int], Records]]:
        """Yield the numbers of inputs, from 1, and their records, of one request after the other.

        A refused input of a file is left out if the answers to the others are told apart by their names.
        Raises DataError for another, and if none is answered.
        """
        for batch in batches:
            places, records = self._answered(batch)
            if places:
                yield [self.asked + place + 1 for place in places], records
                self.unknown.update(dict.fromkeys(self.version.unknown_words([batch[i] for i in places])))
            self.asked += len(batch)
        if self.refused == self.asked:
            self.check()

    def check(self) -> None:
        """Raise DataError with the inputs that were refused, if there are any."""
        if not self.refused:
            return
        rest = "none is answered" if self.refused == self.asked else "the others are answered"
        head = f"{self.refused:,} of {self.asked:,} inputs are refused, {rest}:\n" if self.asked > 1 else ""
        raise DataError(head + listed(self.reasons, self.refused - len(self.reasons)))

    def _answered(self, batch: list[str]) -> tuple[Sequence[int], Records]:
        """Return the places of the inputs that are answered, and the records."""
        try:
            return range(len(batch)), self.version.predict(batch)
        except RefusedInputsError as error:
            refused = self._noted(error, batch)
        except DataError as error:
            raise self._of_request(error) from None
        places = [place for place in range(len(batch)) if place not in refused]
        return places, self.version.predict([batch[place] for place in places]) if places else []

    def _noted(self, error: RefusedInputsError, batch: list[str]) -> set[int]:
        """Keep why inputs are refused, with lines of the file, and return their places.

        Raises DataError if the inputs are of no file, or have no names.
        """
        texts = [text for text in batch if isinstance(text, FileInput)]
        if self.file is None or len(texts) < len(batch):
            raise self._of_request(error) from None
        reasons = [_reason(self.file, texts[refusal.place], refusal) for refusal in error.refusals]
        if not all(text.name for text in texts):
            raise DataError(listed(reasons)) from None
        self.refused += len(reasons)
        self.reasons += reasons[: MOST_LISTED - len(self.reasons)]
        return {refusal.place for refusal in error.refusals}

    def _of_request(self, error: DataError) -> DataError:
        """Return the error with the first input of its request, if that is not the first one."""
        return DataError(f"of the inputs from {self.asked + 1:,} on: {error}") if self.asked else error


def _reason(file: Path, text: FileInput, refusal: Refusal) -> str:
    named = f"{text.name}: " if text.name else ""
    return str(DataError.placed(file, text.line(refusal.line), named + refusal.fault))
