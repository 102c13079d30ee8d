"""Score the model of one task beside its baselines, report, and register it."""

from seqops.core.arrays_io import write_table
from seqops.core.files import sha256_of, write_json
from seqops.core.project import Project
from seqops.evaluation import evaluate, plotting, report
from seqops.params import Params
from seqops.registry import publish
from seqops.registry.promotion_rule import PromotionRule
from seqops.runtime.console import out, run_stage
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint


def evaluate_task(name: str) -> None:
    """Evaluate one task on its test rows."""
    project = Project.find()
    params = Params.load(project.params)
    task, paths = params.task(name), project.task_paths(name)
    network, evaluation = task.network(), task.evaluation()
    splits, meta = paths.encoded()
    truth = splits["test"]
    model = network.build(meta)
    model.load_weights(paths.weights)
    predicted = network.predict(model, truth, meta)
    baselines = evaluation.baselines(splits, meta)
    bootstrap = evaluate.BootstrapConfig(
        params.evaluation.resamples, params.evaluation.seed, params.registry.alpha
    )
    found = evaluate.evaluate(evaluation, predicted, truth, meta, baselines, bootstrap)
    fingerprint = Fingerprint.compute(project, task)
    content = {"data": fingerprint.data, "model": sha256_of(paths.weights)}
    found.metrics.update(task=name, source=mlflow_runs.source_of(task), sha256=content)
    plots = evaluation.plots(predicted, truth, meta)
    plotting.write_plots(paths.plots, plots)
    tables = {
        "Made up by the model": network.generated_samples(model, meta),
        "Worst examples": evaluate.worst_examples(evaluation, predicted, truth, meta),
    }
    report.write_page(paths.report, name, found.metrics, plots, paths.plots, tables)
    write_table(paths.predictions, predicted)
    write_json(paths.metrics, found.metrics)
    decision = publish.publish(
        project,
        task,
        fingerprint,
        PromotionRule(bootstrap, params.registry.slice_alpha, params.registry.unscorable),
    )
    out.print(found.metrics["verdict"], decision.summary(), sep="\n", markup=False, highlight=False)


if __name__ == "__main__":
    run_stage(evaluate_task)
