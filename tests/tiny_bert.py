"""An invented BERT of two layers, as arrays under the published names, and its forward pass in NumPy."""

import math

import numpy as np

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "##s", "a", "the", "not", "dull", "fine"]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "vocab_size": len(WORDS),
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 16,
    "layer_norm_eps": 1e-12,
}


def arrays(seed=0):
    """Draw all weights of the published layout."""
    random, width, inner = np.random.default_rng(seed), CONFIG["hidden_size"], CONFIG["intermediate_size"]

    def draw(*shape):
        return random.normal(0, 0.5, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": draw(len(WORDS), width),
        "embeddings.position_embeddings.weight": draw(16, width),
        "embeddings.token_type_embeddings.weight": draw(2, width),
        "embeddings.LayerNorm.weight": 1 + draw(width),
        "embeddings.LayerNorm.bias": draw(width),
    }
    for number in range(2):
        shapes = {
            "attention.self.query": (width, width),
            "attention.self.key": (width, width),
            "attention.self.value": (width, width),
            "attention.output.dense": (width, width),
            "intermediate.dense": (inner, width),
            "output.dense": (width, inner),
        }
        for name, shape in shapes.items():
            found[f"encoder.layer.{number}.{name}.weight"] = draw(*shape)
            found[f"encoder.layer.{number}.{name}.bias"] = draw(shape[0])
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            found[f"encoder.layer.{number}.{name}.weight"] = 1 + draw(width)
            found[f"encoder.layer.{number}.{name}.bias"] = draw(width)
    return found


def _norm(x, weights, name):
    scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + CONFIG["layer_norm_eps"])
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def forward(weights, pieces):
    """Return the mean state of one unpadded row of pieces (T,): (D,). Devlin et al. 2019."""
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    x = weights["embeddings.word_embeddings.weight"][pieces]
    x = x + weights["embeddings.position_embeddings.weight"][: len(pieces)]
    x = _norm(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for number in range(2):
        place = f"encoder.layer.{number}"

        def dense(x, name, place=place):
            return x @ weights[f"{place}.{name}.weight"].T + weights[f"{place}.{name}.bias"]

        query, key, value = (dense(x, f"attention.self.{name}") for name in ("query", "key", "value"))
        heads = []
        for columns in (slice(0, 4), slice(4, 8)):
            scores = query[:, columns] @ key[:, columns].T / math.sqrt(4)
            chances = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
            heads.append(chances @ value[:, columns])
        attended = dense(np.concatenate(heads, -1), "attention.output.dense")
        x = _norm(x + attended, weights, f"{place}.attention.output.LayerNorm")
        x = _norm(
            x + dense(_gelu(dense(x, "intermediate.dense")), "output.dense"),
            weights,
            f"{place}.output.LayerNorm",
        )
    return x.mean(0)


def tokenizer():
    """Return a WordPiece tokenizer of the invented words, as JSON, with padding as it is published."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.enable_padding(length=8)
    made.enable_truncation(8)
    return made.to_str()
