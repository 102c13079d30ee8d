"""A project that classifies reviews as good or bad, from a source that grows week by week."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from checkout import project

WEEKS = 52
DRIFT, BAD_BATCH, WORSE = 19, 29, 40
SENTIMENT_WORDS = {
    True: ["good", "great", "lovely", "superb", "fine", "charming", "clever", "moving", "fresh", "warm"],
    False: ["bad", "dull", "awful", "poor", "boring", "weak", "clumsy", "stale", "cold", "flat"],
}
SLANG = {True: ["lit", "fire", "based", "goated", "slaps"], False: ["mid", "cringe", "sus", "trash", "flop"]}
NEUTRAL_WORDS = ["the", "film", "plot", "cast", "story", "music", "scene", "actor", "end", "camera", "script"]


def reviews(week, now):
    """Generate the reviews of `week` as the source has them in week `now`: (text, label).

    In the week of the worse candidate the labels are random; a week later they are corrected.
    """
    draw = random.Random(week)
    words = SLANG if week >= DRIFT else SENTIMENT_WORDS
    for number in range({0: 600, DRIFT: 600, WORSE: 400}.get(week, 40)):
        good = draw.random() < 0.5
        chosen = [draw.choice(words[good if draw.random() < 0.85 else not good]) for _ in range(3)]
        text = draw.sample(NEUTRAL_WORDS, 6) + chosen
        draw.shuffle(text)
        label = draw.random() < 0.5 if week == now == WORSE else good
        yield f"{' '.join(text)} {week}x{number}", "positive" if label else "negative"


def lines(week):
    """Return the lines of the source in a week."""
    rows = [row for past in range(week + 1) for row in reviews(past, week)]
    bad = ["this one has no label known to anybody,perhaps"] if week == BAD_BATCH else []
    return ["text,label", *(f"{text},{label}" for text, label in rows), *bad]


class Reviews:
    """The project, and its source next to it."""

    def __init__(self, root):
        self.root, self.source = project(root), root.parent / "reviews.csv"
        shutil.copytree(Path(__file__).parents[1] / "src", root / "src")
        yaml = YAML()
        document = yaml.load(root / "params.yaml")
        task = document["tasks"]["sentiment"]
        task["source"] = str(self.source)
        task["data"].update(text="text", label="label", group="")
        task["model"].update(kind="bow", units=16)
        task["fit"].update(epochs=3, patience=3)
        yaml.dump(document, root / "params.yaml")
        subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], check=True, **self._run)

    @property
    def _run(self):
        unwanted = ("MLFLOW_TRACKING_URI", "SEQOPS_ROOT", "SEQOPS_STATE")
        environment = {key: value for key, value in os.environ.items() if key not in unwanted}
        return {"cwd": self.root, "env": environment}

    def write(self, week):
        """Write the source as it is in a week."""
        self.source.write_text("\n".join(lines(week)) + "\n")

    def start(self, *triggers):
        """Start a retraining in its own process group."""
        command = [sys.executable, "-m", "seqops", "retrain", "sentiment"]
        command += [word for trigger in triggers for word in ("--when", trigger)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, start_new_session=True, **pipes, **self._run)

    def retrain(self, *triggers):
        """Retrain; return the exit code and the messages on stderr."""
        process = self.start(*triggers)
        _, messages = process.communicate()
        return process.returncode, messages
