"""Byte-level byte-pair encoding, which can encode every text without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.decoders import DecodeStream

from seqops.preprocessing.vocabulary import PAD

START, END = 1, 2
SPECIALS = 3


class Subwords:
    """A learnt byte-pair encoding; ids from 3 on are subwords, those below are PAD, START and END.

    lead: prefix of every text: with a blank, the first word of a sentence gets the same subwords as within
    a sentence; running text needs none. Source: Sennrich et al. 2016, section 3.2, over bytes as in
    Radford et al. 2019, section 2.2.
    """

    def __init__(self, json: str, lead: str = " ") -> None:
        self.json, self.lead = json, lead
        self._tokenizer = Tokenizer.from_str(json)

    @classmethod
    def train(cls, texts: Iterable[str], size: int, lead: str = " ") -> Subwords:
        """Learn at most `size` ids (including the specials and the 256 bytes) from training texts."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - SPECIALS,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        tokenizer.train_from_iterator((f"{lead}{text}" for text in texts), trainer)
        return cls(tokenizer.to_str(), lead)

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size()) + SPECIALS

    def byte_lengths(self) -> list[int]:
        """Return the number of bytes of each id; PAD, START and END have none."""
        lengths = {i: len(subword) for subword, i in self._tokenizer.get_vocab().items()}
        return [0] * SPECIALS + [lengths[i] for i in range(len(lengths))]  # one letter stands for one byte

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode texts as ids, each with the lead as prefix."""
        encoded = self._tokenizer.encode_batch([f"{self.lead}{text}" for text in texts])
        return [[i + SPECIALS for i in e.ids] for e in encoded]

    def decode(self, rows: Iterable[Sequence[int]]) -> list[str]:
        """Decode ids to texts, without PAD, START and END."""
        kept = [[int(i) - SPECIALS for i in row if i >= SPECIALS] for row in rows]
        return [text.removeprefix(self.lead) for text in self._tokenizer.decode_batch(kept)]

    def pieces(self, row: Iterable[int]) -> list[str]:
        """Return each id of one row in readable form, special ids included."""
        names = {PAD: "<pad>", START: "<s>", END: "</s>"}
        return [names.get(int(i)) or self._tokenizer.decode([int(i) - SPECIALS]) for i in row]

    def writer(self) -> Callable[[int], str]:
        """Return a decoder of a stream of ids; it holds back incomplete characters."""
        stream = DecodeStream(skip_special_tokens=False)
        return lambda token: stream.step(self._tokenizer, token - SPECIALS) or ""
