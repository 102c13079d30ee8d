"""The quickstart has its commands in blocks that a test runs from the built wheel (tests/test_wheel.py)."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "quickstart.md"


def test_the_quickstart_has_no_commands_outside_blocks_that_are_run():
    fences = re.findall(r"^```(\w*)$", PAGE.read_text("utf-8"), re.M)
    assert "sh" in fences[::2] and set(fences[::2]) <= {"sh", "text", "json", "yaml"}
