"""The WordPiece tokenizer of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from seqops.core.errors import DataError
from seqops.preprocessing.vocabulary import PAD


class WordPieces:
    """A published tokenizer, with the special pieces that it puts around a text; `[PAD]` has the id 0.

    json: in the format of the library `tokenizers`. Source: Devlin et al. 2019, section 3.
    """

    def __init__(self, json: str) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(json)
        except Exception as error:  # the library raises no narrower one
            raise DataError(f"the tokenizer of the pretrained weights is not readable: {error}.") from None
        if self._tokenizer.token_to_id("[PAD]") != PAD:
            raise DataError("the tokenizer of the pretrained weights has no piece [PAD] with the id 0.")
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    @property
    def json(self) -> str:
        """The tokenizer as JSON, without the padding and truncation that it was published with."""
        self._tokenizer.no_truncation()
        return str(self._tokenizer.to_str())

    def encode(self, texts: Sequence[str], max_length: int) -> list[npt.NDArray[np.int32]]:
        """Encode texts as ids, cut to a number of pieces that includes the special ones."""
        self._tokenizer.enable_truncation(max_length)
        return [np.array(found.ids, np.int32) for found in self._tokenizer.encode_batch(list(texts))]
