"""The package runs on Linux and on macOS: uses of Linux-only functions are guarded."""

import ast
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqops.runtime.machine import peak_memory, usable_cores

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("src", "pipelines", "tests") for path in (ROOT / folder).rglob("*.py"))
# by the notes on availability in the Python library reference: not on macOS
LINUX_ONLY = {
    "os": """
        copy_file_range eventfd fdatasync getrandom getresgid getresuid getxattr listxattr memfd_create
        pidfd_open pipe2 posix_fadvise posix_fallocate removexattr sched_getaffinity sched_getparam
        sched_getscheduler sched_setaffinity sched_setparam sched_setscheduler setns setresgid setresuid
        setxattr splice timerfd_create unshare O_DIRECT O_NOATIME O_PATH O_RSYNC O_TMPFILE
    """,
    "fcntl": "F_ADD_SEALS F_GETPIPE_SZ F_NOTIFY F_SETPIPE_SZ",
    "mmap": "MADV_DONTFORK MADV_HUGEPAGE MADV_REMOVE MAP_POPULATE",
    "resource": "prlimit RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_SIGPENDING RUSAGE_THREAD",
    "select": "epoll",
    "signal": "pidfd_send_signal sigtimedwait sigwaitinfo SIGPOLL SIGPWR SIGRTMAX SIGRTMIN SIGSTKFLT",
    "socket": "AF_NETLINK AF_PACKET SOCK_CLOEXEC SOCK_NONBLOCK SO_PEERCRED TCP_USER_TIMEOUT",
    "time": "CLOCK_BOOTTIME CLOCK_TAI",
}
NAMES = {f"{module}.{name}" for module, names in LINUX_ONLY.items() for name in names.split()}
# in another unit on macOS; and a limit that macOS accepts and ignores
DIFFERENT = {"ru_maxrss", "RLIMIT_AS"}
FILES = ("/proc", "/sys", "/dev/shm", "/dev/full", "libc.so")
PROGRAMS = {"ionice", "nproc", "prlimit", "setsid", "stdbuf", "systemctl", "taskset"}


def unguarded(source):
    """List the uses of Linux-only names outside statements that test for them.

    `hasattr(os, "pipe2")` guards that name; `sys.platform` guards everything, in both branches.
    """
    return list(_unguarded(ast.parse(source), ""))


def _unguarded(node, conditions):
    name = linux_only(node)
    if name and "sys.platform" not in conditions and f"hasattr({name.replace('.', ', ')})" not in conditions:
        yield name
    if isinstance(node, ast.If | ast.IfExp):
        conditions += ast.unparse(node.test).replace("'", "")
    for part in ast.iter_child_nodes(node):
        yield from _unguarded(part, conditions)


def linux_only(node):
    """Return the Linux-only name that a node uses, or None."""
    if isinstance(node, ast.Attribute):
        name = ast.unparse(node)
        return name if name in NAMES or node.attr in DIFFERENT else None
    if isinstance(node, ast.ImportFrom):
        return next((n for a in node.names if (n := f"{node.module}.{a.name}") in NAMES), None)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if node.value.startswith(FILES) else None
    if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
        return node.elts[0].value if node.elts[0].value in PROGRAMS else None
    return None


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_linux_only_names_are_guarded(path):
    if path != Path(__file__):
        assert unguarded(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "cores = len(os.sched_getaffinity(0))",
        "from os import pipe2",
        "peak = usage.ru_maxrss / 1024",
        "open('/proc/self/status')",
        "Path(f'/proc/{pid}')",
        "subprocess.run(['nproc', '--all'])",
        "if hasattr(os, 'pipe2'):\n    os.memfd_create('a')",
        "if sys.platform == 'linux':\n    pass\nos.fdatasync(1)",
    ],
)
def test_an_unguarded_use_is_found(source):
    assert len(unguarded(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()",
        "if hasattr(os, 'fdatasync'):\n    os.fdatasync(1)\nelse:\n    os.fsync(1)",
        "peak = usage.ru_maxrss / 1024**2 if sys.platform == 'darwin' else usage.ru_maxrss / 1024",
        "if sys.platform == 'linux':\n    open('/proc/self/status')",
        "own.sched_getaffinity(0)",
        "words = ['of', 'nproc']",
    ],
)
def test_a_guarded_use_is_not_reported(source):
    assert unguarded(source) == []


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no CPU affinity")
def test_only_the_cores_in_the_affinity_mask_are_counted():
    program = """
import os
from seqops.runtime.machine import usable_cores
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(usable_cores())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stderr


def test_all_cores_are_counted_on_a_system_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


@pytest.mark.parametrize(("platform", "units"), [("linux", 2048), ("darwin", 2048 * 1024)])
def test_peak_memory_is_in_mebibytes_on_each_system(monkeypatch, platform, units):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=units))
    assert peak_memory() == 2


def test_peak_memory_includes_what_was_allocated():
    used = b"x" * (256 * 2**20)
    assert len(used) / 2**20 < peak_memory() < 2**20
