"""A picture of words: their vectors in two dimensions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from seqops.core.files import atomic_write
from seqops.word_vectors.skip_gram import WordVectors

FONTS = ("DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "NanumGothic", "Malgun Gothic", "AppleGothic")
"""Fonts whose letters are tried in this order, where they are installed."""


def plane(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Project vectors (n, D) on their first two principal components: (n, 2).

    The largest coordinate of each is positive, because a principal component has no sign.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(vectors), 2))
    points[:, : min(2, len(s))] = (u * s)[:, :2]
    largest = points[np.abs(points).argmax(axis=0), [0, 1]]
    return points * np.where(largest < 0, -1.0, 1.0)


def draw_words(path: Path, found: WordVectors, groups: Sequence[Sequence[str]]) -> bool:
    """Draw each group, a word and its neighbours, in a colour, as a PNG; equal words give equal bytes.

    Returns whether the installed fonts have all letters.
    """
    colours: dict[str, int] = {}
    for number, group in enumerate(groups):
        for word in group:
            colours.setdefault(word, number)
    place = {word: i for i, word in enumerate(found.words)}
    points = plane(found.unit()[[place[word] for word in colours]])
    figure = Figure(figsize=(9, 7), dpi=110, layout="constrained")
    axes = figure.subplots()
    installed = {font.name for font in fontManager.ttflist}
    family = [name for name in FONTS if name in installed]
    firsts = {group[0] for group in groups}
    axes.scatter(points[:, 0], points[:, 1], s=12, c=[f"C{n % 10}" for n in colours.values()])
    for (word, number), point in zip(colours.items(), points, strict=True):
        weight = "bold" if word in firsts else "normal"
        style: dict[str, Any] = {
            "family": family,
            "color": f"C{number % 10}",
            "weight": weight,
            "parse_math": False,
        }
        axes.annotate(word, point, (3, 3), textcoords="offset points", fontsize=9, **style)
    axes.set_title("word vectors, first two principal components")
    with warnings.catch_warnings(record=True) as caught, atomic_write(path) as temporary:
        warnings.simplefilter("always")
        figure.savefig(temporary, format="png", metadata={"Software": None})
    return not any("missing from" in str(warning.message) for warning in caught)
