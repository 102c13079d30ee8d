"""Score the model of one task beside its baselines, report, and register it."""

from seqops.core.arrays_io import write_table
from seqops.core.files import sha256_of, write_json
from seqops.core.project import Store
from seqops.evaluation import evaluate, plotting, report
from seqops.params import Params
from seqops.registry import publish
from seqops.registry.promotion_rule import Rule
from seqops.runtime.console import out, run_stage
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Identity


def evaluate_task(name: str) -> None:
    """Evaluate one task on its test rows."""
    store = Store.find()
    params = Params.load(store.params)
    task, folder = params.task(name), store.folder(name)
    network, evaluation = task.network(), task.evaluation()
    splits, meta = folder.encoded()
    truth = splits["test"]
    model = network.build(meta)
    model.load_weights(folder.weights)
    predicted = network.predict(model, truth, meta)
    baselines = evaluation.baselines(splits, meta)
    chance = evaluate.Chance(params.evaluation.resamples, params.evaluation.seed, params.registry.alpha)
    found = evaluate.evaluate(evaluation, predicted, truth, meta, baselines, chance)
    identity = Identity.of(store, task)
    content = {"data": identity.data, "model": sha256_of(folder.weights)}
    found.metrics.update(task=name, source=mlflow_runs.source_of(task), sha256=content)
    plots = evaluation.plots(predicted, truth, meta)
    plotting.write_plots(folder.plots, plots)
    tables = {
        "Made up by the model": network.samples(model, meta),
        "Worst examples": evaluate.worst_examples(evaluation, predicted, truth, meta),
    }
    report.write_page(folder.report, name, found.metrics, plots, folder.plots, tables)
    write_table(folder.predictions, predicted)
    write_json(folder.metrics, found.metrics)
    decision = publish.publish(
        store, task, identity, Rule(chance, params.registry.guard, params.registry.unscorable)
    )
    out.print(found.metrics["verdict"], decision.said(), sep="\n", markup=False, highlight=False)


if __name__ == "__main__":
    run_stage(evaluate_task)
