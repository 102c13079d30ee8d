"""A task whose source is a text file, in a project whose `dvc` is played by the test."""

from dataclasses import replace

import pandas as pd

from realm import BETTER, Halves
from seqops.core.errors import DataError
from seqops.core.interfaces import Expectation
from seqops.core.settings import DriftSettings
from seqops.retraining.cycle import Cycle, CycleOptions
from seqops.retraining.history import RetrainingHistory
from seqops.retraining.triggers import Trigger

ALWAYS = [Trigger("always")]
NEW = [Trigger("new-data")]
THRESHOLDS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)


class Lines(Halves):
    """One row a line; none may be longer than eight characters, and none may be empty."""

    def read(self, raw):
        text = raw[0].read_text("utf-8").splitlines()
        if "" in text:
            raise DataError.at(raw[0], text.index("") + 1, "an empty line", "Take it out.")
        return pd.DataFrame({"line": range(1, len(text) + 1), "text": pd.Series(text, dtype="str")})

    def with_checked_columns(self, table):
        return table.assign(length=table["text"].str.len())

    def expectations(self):
        short = {"column": "length", "max_value": 8}
        return [Expectation("expect_column_values_to_be_between", short, "a line has at most 8 characters")]


class Town:
    """The project: its source, the commands that were run, and the next model."""

    def __init__(self, realm, source):
        self.realm, self.source = realm, source
        self.commands, self.right, self.data, self.breaks = [], BETTER, 0, {}

    @property
    def store(self):
        return self.realm.store

    @property
    def audit(self):
        return RetrainingHistory(self.store, self.realm.task.name)

    def play(self, command):
        self.commands.append(command)
        for words, error in list(self.breaks.items()):
            if words in command:
                del self.breaks[words]
                raise error
        if "repro" in command:
            self.realm.make(self.right, self.data)

    def cycle(self, triggers=NEW, **more):
        task = replace(self.realm.task, source=str(self.source))
        cycle = Cycle(self.store, task, CycleOptions(triggers, THRESHOLDS, **more), self.audit)
        object.__setattr__(cycle, "_run", lambda module, *words: self.play(" ".join((module, *words))))
        return cycle.run()

    def grow(self, *lines):
        with self.source.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def held(self):
        return (self.realm.folder.raw / "lines.txt").read_text().splitlines()
