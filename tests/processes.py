"""Information on processes from `ps`, on Linux and on macOS."""

import subprocess


def alive(pid):
    """Return whether a process runs; a zombie does not."""
    state = _ps("stat", "-p", str(pid))
    return bool(state) and not state[0].startswith("Z")


def command_line(pid):
    """Return the words of a process's command line; a word with spaces is split."""
    return _ps("args", "-ww", "-p", str(pid))[0].split()


def command_lines():
    """Return the command line of every process."""
    return _ps("args", "-ww", "-A")


def _ps(column, *options):
    done = subprocess.run(["ps", *options, "-o", f"{column}="], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()
