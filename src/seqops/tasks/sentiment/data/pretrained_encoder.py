"""The pretrained encoder of the sentiment task: which weights it has, and its word pieces."""

from __future__ import annotations

from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta
from seqops.preprocessing import weights_choice
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
    weights = weights_choice.read_weights(name)
    longest = int(weights.config["max_position_embeddings"])
    if not 2 < max_length <= longest:
        raise ConfigError(
            f"data.max_length is {max_length}, but {name} reads texts of 3 to {longest} word pieces. "
            "Change it."
        )
    return {
        "pretrained": {
            **weights_choice.meta_of(name, weights),
            "config": weights.config,
            "tokenizer": WordPieces(weights.tokenizer).json,
        }
    }
