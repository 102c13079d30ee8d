"""Subwords: byte-pair encoding over bytes, so that every text can be written and read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PAD, START, END = 0, 1, 2
SPECIALS = 3


class Subwords:
    """A learnt byte-pair encoding; ids from 3 on are subwords, below them PAD, START and END.

    Source: Sennrich et al. 2016, section 3.2, over bytes as in Radford et al. 2019, section 2.2.
    """

    def __init__(self, json: str) -> None:
        self.json = json
        self._tokenizer = Tokenizer.from_str(json)

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> Subwords:
        """Learn at most `size` ids (the specials and the 256 bytes included) from training texts."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - SPECIALS,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        tokenizer.train_from_iterator((f" {text}" for text in texts), trainer)
        return cls(tokenizer.to_str())

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size()) + SPECIALS

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut texts to ids; a leading blank makes a word the same subword at the start as within."""
        encoded = self._tokenizer.encode_batch([f" {text}" for text in texts])
        return [[i + SPECIALS for i in e.ids] for e in encoded]

    def decode(self, rows: Iterable[Sequence[int]]) -> list[str]:
        """Write ids as texts again; PAD, START and END are left out."""
        kept = [[int(i) - SPECIALS for i in row if i >= SPECIALS] for row in rows]
        return [text.removeprefix(" ") for text in self._tokenizer.decode_batch(kept)]

    def pieces(self, row: Iterable[int]) -> list[str]:
        """Name each id of one row for a person, special ids included."""
        names = {PAD: "<pad>", START: "<s>", END: "</s>"}
        return [names.get(int(i)) or self._tokenizer.decode([int(i) - SPECIALS]) for i in row]
