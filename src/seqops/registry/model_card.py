"""The model card of a version, in Markdown for the MLflow UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqops.core.interfaces import Endpoint
from seqops.evaluation import ablations
from seqops.evaluation.formatting import bounds, estimate, number, p_better, table
from seqops.evaluation.interval_coverage import coverage_notes
from seqops.evaluation.seeds import HEAD, rows_of, summary
from seqops.registry.versions import MAX_DESCRIPTION


def card(
    endpoint: Endpoint,
    name: str,
    metrics: Mapping[str, Any],
    rows: str,
    better_baseline: str = "",
    pretrained: Mapping[str, Any] | None = None,
) -> str:
    """Format intended use, limits, data, scores, baselines and slices.

    name: of the registered model; rows: the number in each split; better_baseline: the line that a classical
    method is better, if one is; pretrained: name and hash of the weights that the fit started from.
    """
    goal = metrics["goal"]
    sections = [
        f"**Intended use.** {endpoint.intended_use}",
        " ".join([f"**Limits.** {endpoint.limits}", *coverage_notes(metrics), endpoint.requests.summary()]),
        _kind(metrics["settings"]) if "settings" in metrics else "",
        _base(metrics["settings"], pretrained) if pretrained else "",
        f"**Data.** Source: {metrics['source']}; rows: {rows}; sha256 {metrics['sha256']['data'][:12]}.",
        f"**Verdict.** {metrics['verdict']}",
        f"**Better without a network.** {better_baseline}" if better_baseline else "",
        _training(metrics),
        f"**Ablation.** {ablations.summary(metrics)}" if "ablations" in metrics else "",
        f"**Seeds.** {summary(metrics)}" if "seeds" in metrics else "",
        f"**Usage.** `seqops predict {metrics['task']} INPUT`, or "
        f'`mlflow.pyfunc.load_model("models:/{name}@champion").predict([INPUT])`.',
        table(("score on the test rows", "value", "95 % interval"), _scores(metrics["model"])),
        table(HEAD, rows_of(metrics)),
        table(
            ("baseline", "kind", goal, "95 % interval", "improvement of the model", "p"), _baselines(metrics)
        ),
        *(
            table(("baseline", f"improvement of the model by {metric}", "p"), _improvements(against))
            for metric, against in metrics.get("also_against", {}).items()
        ),
        table(("slice", "rows", goal, "95 % interval"), _slices(metrics)),
        table(
            ("setting", "value"), [(key, str(value)) for key, value in metrics.get("settings", {}).items()]
        ),
    ]
    return _truncated("\n\n".join(section for section in sections if section))


def _kind(settings: Mapping[str, Any]) -> str:
    """Name the kind of model, and the one that it is mixed with."""
    mixture = settings.get("model.mixture", "none")
    mixed = "" if mixture == "none" else f", mixed with {mixture}"
    return f"**Model.** Kind: {settings['model.kind']}{mixed}."


def _base(settings: Mapping[str, Any], pretrained: Mapping[str, Any]) -> str:
    """Name the pretrained weights, and the layers or the adapter with which they were tuned."""
    kind, tuned = settings.get("fit.adapter.kind", "none"), "all tuned"
    stages = [stage.get("layers") for stage in settings.get("fit.stages", ())]
    if stages and all(stages):
        tuned = f"tuned in {', then '.join(', '.join(layers) for layers in stages)}"
    if kind != "none":
        targets = ", ".join(settings["fit.adapter.targets"])
        tuned = f"tuned by {kind} of rank {settings['fit.adapter.rank']} in {targets}, merged"
    return f"**Base.** {pretrained['name']}, sha256 {pretrained['sha256']}, {tuned}."


def _training(metrics: Mapping[str, Any]) -> str:
    found = metrics.get("training_summary", "")
    return f"**Training.** {found}" if found and found not in metrics["verdict"] else ""


def _scores(scores: Mapping[str, Any]) -> list[Sequence[str]]:
    return [(name, number(score["value"]), bounds(score)) for name, score in scores.items()]


def _baselines(metrics: Mapping[str, Any]) -> list[Sequence[str]]:
    kinds, against, goal = metrics["baseline_kinds"], metrics["against"], metrics["goal"]
    return [
        (
            name,
            kinds[name],
            number(scores[goal]["value"]),
            bounds(scores[goal]),
            estimate(against[name]),
            number(p_better(against[name])),
        )
        for name, scores in metrics["baselines"].items()
    ]


def _improvements(against: Mapping[str, Any]) -> list[Sequence[str]]:
    return [(name, estimate(found), number(p_better(found))) for name, found in against.items()]


def _slices(metrics: Mapping[str, Any]) -> list[Sequence[str]]:
    goal = metrics["goal"]
    return [
        (name, str(part["n"]), number(part[goal]["value"]), bounds(part[goal]))
        for name, part in metrics["slices"].items()
    ]


def _truncated(text: str) -> str:
    """Cut after the last whole line within the size limit of the registry."""
    return text if len(text) <= MAX_DESCRIPTION else text[:MAX_DESCRIPTION].rpartition("\n")[0]
