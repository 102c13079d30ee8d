"""Train the model of one task, track the run, and save the weights."""

from seqops.core.callbacks import GOAL
from seqops.core.files import atomic_write, write_json
from seqops.core.project import Project
from seqops.metrics import epoch_budget
from seqops.metrics.training_gain import TrainingGain
from seqops.params import Params
from seqops.runtime.console import out, run_stage
from seqops.runtime.environment import silence_stderr
from seqops.tracking.fingerprint import Fingerprint


def train_task(name: str) -> str:
    """Train one task, resuming from its checkpoint if one exists."""
    project = Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    with silence_stderr():
        import pandas as pd

        from seqops.fitting import fit
        from seqops.training import early_stopping
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
        for line in filter(None, [early_stopping.announcement(fitted.epochs, task.fit_config), more]):
            out.print(line, markup=False, highlight=False)

    fitted = fit(project, task, Fingerprint.compute(project, task), paths.weights, save)
    return early_stopping.summary(fitted.epochs, fitted.best_epoch)


if __name__ == "__main__":
    run_stage(train_task)
