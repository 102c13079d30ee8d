"""Usable cores and peak memory of this process, on Linux and macOS."""

from __future__ import annotations

import os
import resource
import sys

PEAK_MEMORY = "peak_memory_mib"
"""The name of the peak memory among the metrics of a run."""


def usable_cores() -> int:
    """Return the number of cores that this process may use: all of them where the system sets no limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> float:
    """Return the largest resident size of this process so far, in MiB."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # getrusage(2) counts bytes on macOS, KiB on Linux
    return usage.ru_maxrss / 1024**2 if sys.platform == "darwin" else usage.ru_maxrss / 1024
