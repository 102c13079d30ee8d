"""Whether files hold series to forecast, and the settings that read them."""

from __future__ import annotations

from collections.abc import Sequence

from seqops.inspection.files import InputFile
from seqops.inspection.guess import Guess
from seqops.tasks.forecast.detection.series import described


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for series if their first columns are dates or positions, and others are numbers."""
    if any(file.members or file.encoding != "utf-8" for file in files):
        return None
    return described(files[0], several=len(files) > 1)
