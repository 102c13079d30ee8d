"""Malformed inputs tried in a child with limits of time and memory: parsed, or refused with a message."""

import faulthandler
import re
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from killed_child import SERVER
from mutate import mutated

from seqops.core.errors import SeqopsError
from seqops.runtime.machine import peak_memory

SECONDS, BYTES = 60, 1 << 30
"""Limits for one input: time, and memory in addition to that of the process."""


@dataclass
class Attempts:
    """Results of the inputs; names: pattern of the place that an error message must name."""

    current: Path
    names: str
    parsed: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: list = field(default_factory=list)

    def make(self, content, parse):
        """Try one input; it is in the file `current` if it kills the process."""
        self.current.write_bytes(content if isinstance(content, bytes) else repr(content).encode())
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        started = time.monotonic()
        try:
            parse(content)
            self.parsed += 1
        except SeqopsError as error:
            self.refused += 1
            if not re.search(self.names, str(error)) or len(str(error)) > 2000:
                self._fault(content, f"the message names no place or is too long: {str(error)[:300]}")
        except Exception:
            self._fault(content, traceback.format_exc())
        finally:
            faulthandler.cancel_dump_traceback_later()
            self.slowest = max(self.slowest, time.monotonic() - started)

    def _fault(self, content, message):
        copy = self.current.with_name(f"{self.current.name}.{len(self.faults)}")
        copy.write_bytes(self.current.read_bytes())
        self.faults.append((str(copy), message))


def fuzz(folder, target, count, *arguments):
    """Try `count` malformed inputs of a target in a child; return its Attempts and the MiB that it grew.

    target: called in the child with a folder and the arguments, returns (names, seeds, parse); if `seeds`
    is a function, it is called with the count and makes the inputs itself.
    """
    receiver, sender = SERVER.Pipe(duplex=False)
    child = SERVER.Process(target=_try_all, args=(sender, str(folder), target, count, arguments))
    child.start()
    sender.close()
    try:
        found = receiver.recv()
    except EOFError:
        found = None
    child.join()
    output = (Path(folder) / "output.log").read_text("utf-8", "replace")
    assert found is not None, (
        f"it died (exit {child.exitcode}) at {Path(folder) / 'current'}:\n{output[-3000:]}"
    )
    return found


def _try_all(sender, folder, target, count, arguments):
    folder = Path(folder)
    with (folder / "output.log").open("w") as log:
        faulthandler.enable(log)
        names, seeds, parse = target(folder, *arguments)
        _limit_memory(BYTES)
        before = peak_memory()
        attempts = Attempts(folder / "current", names)
        if callable(seeds):
            seeds(count, lambda content: attempts.make(content, parse))
        else:
            for number in range(count):
                attempts.make(mutated(seeds[number % len(seeds)], number), parse)
        grown = int(peak_memory() - before)
        _limit_memory(None)
        sender.send((attempts, grown))
        faulthandler.enable()


def _limit_memory(more):
    """Limit the memory of this process to this many more bytes than it has; None: no limit."""
    if sys.platform == "linux":  # macOS ignores this limit
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = resource.RLIM_INFINITY if more is None else size + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def report(found, figures, name):
    """Add the figures to the table, and fail if an input was neither parsed nor refused with a message."""
    attempts, grown = found
    tried = attempts.parsed + attempts.refused + len(attempts.faults)
    numbers = {"tried": tried, "parsed": attempts.parsed, "refused": attempts.refused}
    rest = {"slowest s": round(attempts.slowest, 2), "MiB grown": f"{grown}"}
    figures("malformed inputs", name, **numbers, **rest)
    ends = [f"{path}: {message.strip().splitlines()[-1]}" for path, message in attempts.faults]
    shown = "\n".join([*dict.fromkeys(ends), attempts.faults[0][1] if attempts.faults else ""])
    assert not attempts.faults, f"{len(attempts.faults)} of {tried}:\n{shown}"
