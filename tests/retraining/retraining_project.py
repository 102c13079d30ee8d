"""A task whose source is a text file, in a project with a fake `dvc`."""

from dataclasses import replace

import pandas as pd

from seqops.core.errors import DataError
from seqops.core.records import Expectation
from seqops.core.settings import DriftSettings
from seqops.retraining.cycle import Cycle, CycleOptions
from seqops.retraining.history import RetrainingHistory
from seqops.retraining.triggers import Trigger
from toy_registry import BETTER, ParityData

ALWAYS = [Trigger("always")]
NEW = [Trigger("new-data")]
THRESHOLDS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)


class Lines(ParityData):
    """One row per line, of at most eight characters and not empty."""

    def read(self, raw):
        text = raw[0].read_text("utf-8").splitlines()
        if "" in text:
            raise DataError.at(raw[0], text.index("") + 1, "an empty line", "Remove it.")
        return pd.DataFrame({"line": range(1, len(text) + 1), "text": pd.Series(text, dtype="str")})

    def with_checked_columns(self, table):
        return table.assign(length=table["text"].str.len())

    def expectations(self):
        short = {"column": "length", "max_value": 8}
        return [Expectation("expect_column_values_to_be_between", short, "a line has at most 8 characters")]


class RetrainingProject:
    """A toy registry with a source, the commands that were run, and the next model to publish."""

    def __init__(self, toy, source):
        self.toy, self.source = toy, source
        self.commands, self.correct, self.data, self.failures = [], BETTER, 0, {}

    @property
    def project(self):
        return self.toy.project

    @property
    def history(self):
        return RetrainingHistory(self.project, self.toy.task.name)

    def run_command(self, command):
        self.commands.append(command)
        for words, error in list(self.failures.items()):
            if words in command:
                del self.failures[words]
                raise error
        if "repro" in command:
            self.toy.make(self.correct, self.data)

    def cycle(self, triggers=NEW, **options):
        task = replace(self.toy.task, source=str(self.source))
        cycle = Cycle(self.project, task, CycleOptions(triggers, THRESHOLDS, **options), self.history)
        object.__setattr__(cycle, "_run", lambda module, *words: self.run_command(" ".join((module, *words))))
        return cycle.run()

    def append(self, *lines):
        with self.source.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def raw_lines(self):
        return (self.toy.folder.raw / "lines.txt").read_text().splitlines()
