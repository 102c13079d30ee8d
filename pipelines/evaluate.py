"""Score the model of one task beside its baselines, report, and register it."""

from seqops.blocks import evaluation, publish, report, track
from seqops.blocks.identity import Identity
from seqops.blocks.promotion import Rule
from seqops.console import out, run_stage
from seqops.params import Params
from seqops.store import Store, sha256_of, write_json, write_table


def evaluate_task(name: str) -> None:
    """Evaluate one task on its test rows."""
    store = Store.find()
    params = Params.load(store.params)
    task, folder = params.task(name), store.folder(name)
    data, network = task.data, task.network()
    splits, meta = folder.encoded()
    truth = splits["test"]
    model = network.build(meta)
    model.load_weights(folder.weights)
    predicted = network.predict(model, truth, meta)
    baselines = data.baselines(splits, meta)
    chance = evaluation.Chance(params.evaluation.resamples, params.evaluation.seed, params.registry.alpha)
    found = evaluation.evaluate(data, predicted, truth, meta, baselines, chance)
    identity = Identity.of(store, task)
    content = {"data": identity.data, "model": sha256_of(folder.weights)}
    found.metrics.update(task=name, source=track.source_of(task), sha256=content)
    plots = data.plots(predicted, truth, meta)
    report.write_plots(folder.plots, plots)
    tables = {
        "Made up by the model": network.samples(model, meta),
        "Worst examples": evaluation.worst_examples(data, predicted, truth, meta),
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
