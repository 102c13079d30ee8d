"""Train the network of one task again with further seeds, and save the weights of each."""

from seqops.core.files import atomic_directory, sha256_of, write_json
from seqops.core.project import Project
from seqops.core.repeats import repeats_of
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.runtime.environment import silence_stderr


def repeat_task(name: str) -> str:
    """Train one task with each further seed of `evaluation.seeds`, resuming from existing checkpoints."""
    project = Project.find()
    params = Params.load(project.params)
    task, paths, seeds = params.task(name), project.task_paths(name), params.evaluation.seeds
    with atomic_directory(paths.repeats) as folder:
        repeats = repeats_of(task, seeds)
        # DVC warns of a folder without files
        write_json(folder / "seeds.json", [each.fit_config.seed for each in (task, *repeats)])
        if not repeats:
            return "no further seeds (evaluation.seeds)"
        with silence_stderr():
            from seqops.fitting import fit
            from seqops.tracking.fingerprint import Fingerprint
            from seqops.tracking.mlflow_runs import Repeat, find_training_run

        fingerprint, model = Fingerprint.compute(project, task), sha256_of(paths.weights)
        main = find_training_run(project, task, fingerprint, model)
        for repeat in repeats:
            seed = repeat.fit_config.seed
            err.print(f"{name}: seed {seed}", highlight=False)
            weights = folder / paths.repeated_weights(seed).name
            place = Repeat.of(main, model, seed)
            fit(project, repeat, fingerprint.of_repeat(repeat), weights, repeat=place)
    return f"{len(repeats)} further seed{'s' * (len(repeats) != 1)}"


if __name__ == "__main__":
    run_stage(repeat_task)
