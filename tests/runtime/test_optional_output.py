"""Output that cannot be written ends a command, but not one that runs unattended."""

import io
import os

import pytest

from seqops.runtime import console


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text):
        raise OSError(28, os.strerror(28))


class Closed(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, text):
        raise BrokenPipeError


@pytest.mark.parametrize(("stream", "raised"), [(Full, OSError), (Closed, (OSError, SystemExit))])
def test_only_optional_output_may_be_lost(stream, raised):
    lost = console.PlainConsole(file=stream())
    with pytest.raises(raised):
        lost.print("text")
    optional = console.PlainConsole(file=stream())
    optional.optional = True
    optional.print("text")
    optional.print("more")
    assert optional.quiet
