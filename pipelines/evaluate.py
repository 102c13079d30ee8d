"""Score the model of one task and its baselines, write the report, and register the model."""

from seqops.core.arrays_io import write_table
from seqops.core.files import read_json, sha256_of, write_json
from seqops.core.project import Project
from seqops.core.repeats import repeats_of
from seqops.evaluation import ablations, evaluate, model_kinds, plotting, report, seeds, training_curves
from seqops.evaluation.headline import headline, sentences
from seqops.evaluation.report_tables import report_tables
from seqops.metrics.training_gain import TrainingGain
from seqops.params import Params
from seqops.registry import moving, publish
from seqops.registry.promotion_rule import PromotionRule
from seqops.runtime.console import out, run_stage
from seqops.tracking import mlflow_runs
from seqops.tracking.connection import connect
from seqops.tracking.fingerprint import Fingerprint


def evaluate_task(name: str) -> str:
    """Evaluate one task on its test rows."""
    project = Project.find()
    params = Params.load(project.params)
    task, paths = params.task(name), project.task_paths(name)
    network, evaluation = task.network(), task.evaluation().cached_in(project.state / "baselines")
    splits, meta = paths.encoded()
    model, truth = network.load(paths.weights, meta), splits["test"]
    predicted = network.backtest(model, truth, meta)
    baselines = evaluation.baselines(splits, meta, task.section["model"].get("kind", ""))
    rule, mixed = PromotionRule.of(params.evaluation, params.registry), model_kinds.is_mixture(task)
    training = TrainingGain.read(read_json(paths.training))
    found = evaluate.evaluate(evaluation, predicted, truth, meta, baselines, rule.bootstrap, training, mixed)
    fingerprint = Fingerprint.compute(project, task)
    found.metrics.update(task=name, source=mlflow_runs.source_of(task), settings=model_kinds.settings(task))
    found.metrics["rows"] = {split: len(part) for split, part in splits.items()}
    found.metrics["sha256"] = {"data": fingerprint.data, "model": sha256_of(paths.weights)}
    further = [repeat.fit_config.seed for repeat in repeats_of(task, params.evaluation.seeds)]
    if weights := {seed: paths.repeated_weights(seed) for seed in further}:
        first = {task.fit_config.seed: predicted}
        found.metrics["seeds"] = seeds.score(network, evaluation.metrics, first, weights, truth, meta)
    if removed := network.ablations(model, splits, meta):
        scored_by = evaluation.metrics, truth, meta, rule.bootstrap
        found.metrics["ablations"] = ablations.compare(removed, predicted, *scored_by)
    plotting.write_plots(paths.plots, paths.plot_data, plots := evaluation.plots(predicted, truth, meta))
    tables = report_tables(network, model, evaluation, predicted, splits, meta)
    curves = training_curves.panels(paths.history, training)
    report.write_page(paths.report, name, found.metrics, plots, paths.plots, tables, curves)
    write_table(paths.predictions, predicted)
    write_json(paths.evaluation, found.metrics)
    write_json(paths.metrics, headline(found))
    decision = publish.publish(project, task, fingerprint, rule)
    lines = [*sentences(found, training), decision.summary(), moving.advice(connect(project), [task])]
    out.print(*filter(None, lines), sep="\n", markup=False, highlight=False)
    return f"{len(truth):,} test rows, {len(baselines)} baselines"


if __name__ == "__main__":
    run_stage(evaluate_task)
