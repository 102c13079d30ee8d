"""Malformed inputs tried in a child that may neither hang nor grow: each is parsed, or refused in words."""

import faulthandler
import re
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from mutate import mutated
from warm import SERVER

from seqops.core.errors import SeqopsError
from seqops.runtime.machine import peak_memory

SECONDS, BYTES = 60, 1 << 30
"""What one input may take, at the most: time, and memory beyond that of the process."""


@dataclass
class Attempts:
    """What became of the inputs; names: how a message says where the fault is."""

    kept: Path
    names: str
    parsed: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: list = field(default_factory=list)

    def make(self, content, parse):
        """Try one input; one that kills the process is found in the file `kept`."""
        self.kept.write_bytes(content if isinstance(content, bytes) else repr(content).encode())
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        started = time.monotonic()
        try:
            parse(content)
            self.parsed += 1
        except SeqopsError as error:
            self.refused += 1
            if not re.search(self.names, str(error)) or len(str(error)) > 2000:
                self._fault(content, f"it does not say where, or too much: {str(error)[:300]}")
        except Exception:
            self._fault(content, traceback.format_exc())
        finally:
            faulthandler.cancel_dump_traceback_later()
            self.slowest = max(self.slowest, time.monotonic() - started)

    def _fault(self, content, told):
        place = self.kept.with_name(f"{self.kept.name}.{len(self.faults)}")
        place.write_bytes(self.kept.read_bytes())
        self.faults.append((str(place), told))


def fuzz(folder, target, count, *arguments):
    """Let a child try `count` damaged inputs of a target; return its Attempts and the MiB that it grew.

    target: called in the child with a folder and the arguments, returns (names, seeds, parse); where the
    seeds are a function, it is given the count and makes the inputs itself.
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
    said = (Path(folder) / "said.log").read_text("utf-8", "replace")
    assert found is not None, f"it died (exit {child.exitcode}) at {Path(folder) / 'kept'}:\n{said[-3000:]}"
    return found


def _try_all(sender, folder, target, count, arguments):
    folder = Path(folder)
    with (folder / "said.log").open("w") as log:
        faulthandler.enable(log)
        names, seeds, parse = target(folder, *arguments)
        _limit_memory(BYTES)
        before = peak_memory()
        attempts = Attempts(folder / "kept", names)
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
    """Let this process have so many bytes beside what it has; None: as many as there are."""
    if sys.platform == "linux":  # macOS heeds no such limit
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = resource.RLIM_INFINITY if more is None else size + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def report(found, figures, name):
    """Put the figures into the table, and fail where an input was neither parsed nor refused in words."""
    attempts, grown = found
    tried = attempts.parsed + attempts.refused + len(attempts.faults)
    numbers = {"tried": tried, "parsed": attempts.parsed, "refused": attempts.refused}
    rest = {"slowest s": round(attempts.slowest, 2), "MiB grown": f"{grown}"}
    figures("malformed inputs", name, **numbers, **rest)
    ends = [f"{place}: {told.strip().splitlines()[-1]}" for place, told in attempts.faults]
    shown = "\n".join([*dict.fromkeys(ends), attempts.faults[0][1] if attempts.faults else ""])
    assert not attempts.faults, f"{len(attempts.faults)} of {tried}:\n{shown}"
