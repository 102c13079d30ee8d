"""The pretrained encoder of the sentiment task: which weights it has, and its word pieces."""

from __future__ import annotations

from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta
from seqops.core.project import Project
from seqops.preprocessing.pretrained_weights import PretrainedWeights, WeightsStore
from seqops.preprocessing.word_pieces import WordPieces

KIND = "encoder"
NEEDS_WEIGHTS = (
    "model.kind encoder needs pretrained weights. Set data.pretrained to a name of `seqops weights`."
)


def check_model(kind: str, pretrained: str) -> None:
    """Raise ConfigError for an encoder without pretrained weights."""
    if kind == KIND and not pretrained:
        raise ConfigError(NEEDS_WEIGHTS)


def meta_of(name: str, max_length: int) -> Meta:
    """Return stored weights as `pretrained` of a meta: name, hash, configuration and tokenizer.

    Raises DataError if the weights are not here, and ConfigError if they read fewer pieces of a text.
    """
    store = WeightsStore.of_state(Project.find().state)
    weights = store.named(name)
    longest = int(weights.config["max_position_embeddings"])
    if not 2 < max_length <= longest:
        raise ConfigError(
            f"data.max_length is {max_length}, but {name} reads texts of 3 to {longest} word pieces. "
            "Change it."
        )
    return {
        "pretrained": {
            "name": name,
            "sha256": weights.sha256,
            "config": weights.config,
            "tokenizer": WordPieces(weights.tokenizer).json,
        }
    }


def weights_of(meta: Meta) -> PretrainedWeights:
    """Read the weights that a meta names. Raises DataError if they are not here, or damaged."""
    found = meta["pretrained"]
    return WeightsStore.of_state(Project.find().state).read(found["name"], found["sha256"])
