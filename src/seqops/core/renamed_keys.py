"""Keys of params.yaml that were renamed or added, for error messages and for reading recorded runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

STAGE_KEYS = {"learns": "objective", "discount": "layer_lr_decay"}
RENAMED = {
    **{f"tasks.*.fit.stages.*.{old}": new for old, new in STAGE_KEYS.items()},
    "registry.guard": "slice_alpha",
    "drift.least": "min_rows",
    "tuning.startup": "startup_trials",
    "tuning.best": "finalists",
    "tuning.seeds": "finalist_seeds",
    "tasks.forecast.data.memory": "max_history",
    "tasks.forecast.data.lowest": "min_value",
    "tasks.forecast.data.highest": "max_value",
    "tasks.forecast.model.members": "ensemble_size",
    "tasks.forecast.model.stride": "output_steps",
    "tasks.ner.data.minimum": "min_count",
    "tasks.ner.data.longest": "max_length",
    "tasks.ner.model.word": "word_dim",
    "tasks.ner.model.character": "char_dim",
    "tasks.ner.model.pos": "pos_dim",
    "tasks.ner.model.widths": "kernel_sizes",
    "tasks.ner.model.members": "ensemble_size",
    "tasks.translation.data.longest": "max_length",
    "tasks.translation.data.fewest": "min_rows",
    "tasks.translation.model.tied": "tie_embeddings",
    "tasks.translation.model.sampled": "sampled_softmax_size",
    "tasks.translation.model.beam": "beam_size",
    "tasks.labelling.data.longest": "max_length",
    "tasks.textgen.data.minimum": "min_count",
    "tasks.textgen.data.fewest": "min_chars",
    "tasks.textgen.data.distinct": "min_distinct_chars",
    "tasks.textgen.data.copied": "max_copied_share",
    "tasks.textgen.data.characters": "sample_chars",
    "tasks.textgen.model.tied": "tie_embeddings",
    "tasks.sentiment.data.labelled": "max_labelled",
    "tasks.sentiment.data.minimum": "min_count",
    "tasks.sentiment.data.longest": "max_length",
    "tasks.sentiment.data.fewest": "min_rows",
    "tasks.sentiment.data.characters": "max_chars",
    "tasks.sentiment.data.agreement": "min_label_agreement",
}
"""The dotted path of a key under its old name -> the new name of its last part."""

ADDED = {
    "tasks.*.fit.ema": "0.0",
    "tasks.*.fit.refit": "False",
    "tasks.*.fit.optimizer": "adamw",
    "tasks.*.fit.adapter.kind": "none",
    "tasks.*.fit.adapter.rank": "8",
    "tasks.*.fit.adapter.alpha": "16.0",
    "tasks.*.fit.adapter.targets": "['query', 'value']",
    "tasks.*.fit.adapter.layers": "['head']",
    "tasks.sentiment.data.pretrained": "",
    "tasks.sentiment.data.decision": "likeliest",
    "tasks.sentiment.data.tokens": "word",
    "tasks.sentiment.data.lexicon": "",
    "tasks.ner.data.vectors": "none",
    "tasks.ner.model.recurrent_dropout": "0.0",
    "tasks.ner.model.layer_norm": "False",
    "tasks.ner.model.residual": "False",
    "tasks.labelling.model.recurrent_dropout": "0.0",
    "tasks.labelling.model.layer_norm": "False",
    "tasks.labelling.model.residual": "False",
    "tasks.sentiment.model.recurrent_dropout": "0.0",
    "tasks.sentiment.model.layer_norm": "False",
    "tasks.sentiment.model.residual": "False",
    "tasks.forecast.model.recurrent_dropout": "0.0",
    "tasks.forecast.model.layer_norm": "False",
    "tasks.forecast.model.residual": "False",
    "tasks.textgen.model.recurrent_dropout": "0.0",
    "tasks.textgen.model.layer_norm": "False",
    "tasks.textgen.model.residual": "False",
    "tasks.translation.model.recurrent_dropout": "0.0",
    "tasks.translation.model.layer_norm": "False",
    "tasks.translation.model.residual": "False",
    "tasks.translation.model.reranking": "none",
    "tasks.ner.model.mixture": "none",
    "tasks.sentiment.model.mixture": "none",
    "tasks.translation.model.mixture": "none",
    "tasks.textgen.model.mixture": "none",
    "tasks.forecast.model.mixture": "none",
    "tasks.forecast.data.date_order": "auto",
    "tasks.forecast.data.series": "",
    "tasks.forecast.data.short": "refuse",
    "tasks.forecast.data.static": "[]",
    "tasks.forecast.data.baselines": "",
    "tasks.forecast.data.pretrained": "",
    "tasks.images.data.pretrained": "",
    "tasks.images.model.backbone": "VGG16",
}
"""The dotted path of a key that a recorded run may lack -> the value with which nothing changes."""


def renamed(path: str) -> str | None:
    """Return the dotted path of a key under its new name; None if it was never renamed."""
    # the keys of a search space are those of the task's other sections
    sought = re.sub(r"^(tasks\.[^.]+)\.search\.", r"\1.", path)
    new = next((new for old, new in RENAMED.items() if fnmatchcase(sought, old)), None)
    return None if new is None else f"{path.rpartition('.')[0]}.{new}"


def neutral_value(path: str) -> str | None:
    """Return the value of an added key with which nothing changes; None if the key was not added."""
    return next((neutral for key, neutral in ADDED.items() if fnmatchcase(path, key)), None)


def with_new_keys(task: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return the params of a task's recorded run under the current names of the keys."""
    found = {}
    for key, value in params.items():
        path = renamed(f"tasks.{task}.{key}")
        if key == "fit.stages":
            # the stages are recorded as one string
            for old, new in STAGE_KEYS.items():
                value = value.replace(f"'{old}':", f"'{new}':")
        found[key if path is None else path.removeprefix(f"tasks.{task}.")] = value
    return found


def identity(task: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return what identifies the settings of a task's run, whether or not it knew the keys added since."""
    return {
        key: value
        for key, value in with_new_keys(task, params).items()
        if value != neutral_value(f"tasks.{task}.{key}")
    }
