"""Train the model of one task, track the run, and save the weights."""

import pandas as pd

from seqops.core.callbacks import GOAL
from seqops.core.files import atomic_write, write_json
from seqops.core.project import Project
from seqops.metrics import epoch_budget
from seqops.metrics.training_gain import TrainingGain
from seqops.params import Params
from seqops.runtime.console import out, run_stage
from seqops.tracking.fingerprint import Fingerprint


def train_task(name: str) -> None:
    """Train one task, resuming from its checkpoint if one exists."""
    project = Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    from seqops.fitting import fit
    from seqops.training.loop import FittedModel

    def save(fitted: FittedModel) -> None:
        with atomic_write(paths.history) as temporary:
            pd.DataFrame([e.__dict__ for e in fitted.epochs]).to_csv(temporary, index=False)
        best, epochs = fitted.best_epoch, sum(e.trained and e.objective == GOAL for e in fitted.epochs)
        higher_is_better, staged = task.metrics().goal.higher_is_better, bool(task.fit_config.stages)
        more = epoch_budget.advice(fitted.epochs, higher_is_better, staged)
        if fitted.initial is None:
            gain = TrainingGain.of_whole_fit(fitted.best)
        else:
            gain = TrainingGain.measure(fitted.initial, fitted.best, best.epoch, best.trained, epochs, more)
        write_json(paths.training, gain.to_json())
        if more:
            out.print(more, markup=False, highlight=False)

    fit(project, task, Fingerprint.compute(project, task), paths.weights, save)


if __name__ == "__main__":
    run_stage(train_task)
