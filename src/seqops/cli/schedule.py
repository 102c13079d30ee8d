"""`seqops schedule`: retrain on a cron schedule in the foreground."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.cli.retrain import FormerWhen, Tune, When
from seqops.core.project import Project
from seqops.core.settings import NotificationSettings
from seqops.params import Params
from seqops.runtime.console import err, exit_on_error, make_output_optional, out

if TYPE_CHECKING:
    from seqops.retraining.child_process import Command
    from seqops.retraining.scheduler import Scheduler

COMMAND = (sys.executable, "-m", "seqops", "retrain")
NOTIFIED = {0: "promoted", 10: "kept", 11: "nothing to do", 12: "data refused", 13: "failed"}
"""Exit codes of a `seqops retrain` that has sent its notifications itself."""
OUTCOMES = {**NOTIFIED, 130: "stopped"}

Cron = Annotated[str, typer.Option(help='Five fields of crontab(5): "0 3 * * 1" is every Monday at 03:00.')]


def schedule(
    cron: Cron,
    tasks: Tasks = None,
    when: When = None,
    former: FormerWhen = None,
    tune: Tune = 0,
    debug: Debug = False,
) -> None:
    """Retrain on a cron schedule until Ctrl-C; after downtime, missed runs are caught up with one run."""
    with exit_on_error(debug):
        make_output_optional()
        project = Project.find()
        params = Params.load(project.params)
        for name in tasks or []:
            params.task(name)
        from seqops.retraining.child_process import Command
        from seqops.retraining.cron import check
        from seqops.retraining.scheduler import Plan, Scheduler
        from seqops.runtime.locks import try_lock

        check(cron)
        plan = Plan(cron, _arguments(tasks or [], [*(when or []), *(former or [])], tune))
        with try_lock(project.state / "schedule.lock", "a schedule of this project") as lock:
            command = Command([*COMMAND, *plan.arguments], project.root, lock)
            run = _cycle(command, params.notify, " ".join(tasks or params.names))
            scheduler = Scheduler(project.state / "schedule.json", plan, run, _print)
            _print(f"Scheduled: {plan}, time zone {scheduler.zone}. Press Ctrl-C to stop.")
            _run_until_signal(scheduler, command)
            _print("Stopped.")


def _arguments(tasks: list[str], when: list[str], tune: int) -> tuple[str, ...]:
    """Return the arguments of `seqops retrain`. Raises ConfigError for an unknown trigger."""
    from seqops.retraining.triggers import Trigger

    for text in when:
        Trigger.parse(text)
    triggers = [word for text in when for word in ("--when", text)]
    return (*tasks, *triggers, *(("--tune", str(tune)) if tune else ()))


def _cycle(command: Command, settings: NotificationSettings, tasks: str) -> Callable[[], None]:
    """Return a function that runs the command, prints its outcome, and notifies if the command did not."""

    def failed(reason: str) -> None:
        from seqops.retraining.notify import notify

        notify(settings, {"task": tasks, "outcome": "failed", "reason": reason})

    def run() -> None:
        started = datetime.now(UTC)
        _print(f"{_clock()}: retraining started.")
        try:
            code = command.run()
        except OSError as error:
            err.print(f"retraining could not be started: {error}", markup=False)
            failed(f"the retraining could not be started ({error.strerror})")
            return
        if code is not None:
            seconds = round((datetime.now(UTC) - started).total_seconds())
            _print(f"{_clock()}: {outcome(code)} after {seconds} s.")
            if code not in NOTIFIED and not command.ended:
                failed(f"the retraining {'was' if code < 0 else 'has'} {outcome(code)}")

    return run


def outcome(code: int) -> str:
    """Describe an exit code of `seqops retrain`; a negative one is a signal."""
    if code < 0:
        known = {number.value for number in signal.Signals}
        return f"ended by {signal.Signals(-code).name if -code in known else f'signal {-code}'}"
    return f"{OUTCOMES.get(code, 'failed')} (exit {code})"


def _run_until_signal(scheduler: Scheduler, command: Command) -> None:
    """Run until a signal; stop a running retraining and wait for it; a second signal kills it."""
    stopping = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
        stopping.append(signal.SIGHUP)
    signals: SimpleQueue[int | None] = SimpleQueue()
    for number in stopping:
        # an exception could be raised, and lost, anywhere
        signal.signal(number, lambda number, _: signals.put(number))
    stop = Event()
    loop = ThreadPoolExecutor(1).submit(scheduler.loop, stop.wait)
    loop.add_done_callback(lambda _: signals.put(None))
    for number in (signal.SIGINT, signal.SIGKILL):
        if signals.get() is None:
            break
        stop.set()
        if command.end(number) and number == signal.SIGINT:
            _print("Waiting for the retraining to stop; finished work is kept. A second signal kills it.")
    loop.result()


def _clock() -> str:
    from seqops.retraining.scheduler import moment

    return moment(datetime.now().astimezone())


def _print(line: str) -> None:
    out.print(line, markup=False, highlight=False)
