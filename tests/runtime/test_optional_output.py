"""Output that cannot be written ends a command, but not one that runs unattended."""

import io
import os
import subprocess
import sys
from pathlib import Path

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


FULL = Path("/dev/full") if sys.platform == "linux" else Path("none")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device without space")
def test_a_full_disk_behind_the_messages_ends_nothing():
    program = "from seqops.runtime.console import err, out; err.print('note'); out.print('answer')"
    with FULL.open("w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, text=True)
    assert done.stdout == "answer\n"
    with FULL.open("w") as full:
        lost = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True)
    assert lost.returncode != 0
