"""Near-duplicates of pictures equal those that a comparison of every pair finds, and stay in one split."""

import dataclasses
import io

import numpy as np
import pandas as pd
from pictures_task import PARAMS, png, task, zipped
from PIL import Image

from seqops.tasks.images.data import near_pictures
from seqops.tasks.images.data.near_pictures import THRESHOLD, similar_pairs
from seqops.tasks.images.data.pictures import Picture


def noise(seed: int, side: int = 32) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 200, (side, side, 3), np.uint8))


def scene(seed: int) -> Image.Image:
    """Blocks of colour, as large shapes of a photograph."""
    return noise(seed, 8).resize((64, 64), Image.Resampling.BICUBIC)


def signature(image: Image.Image) -> bytes:
    return Picture.decode(png(image)).signature()


def pairs_of(*images: Image.Image) -> list[list[int]]:
    return similar_pairs([signature(image) for image in images]).tolist()


def test_the_pairs_equal_those_of_a_comparison_of_every_pair(monkeypatch):
    monkeypatch.setattr(near_pictures, "ROWS", 7)
    random = np.random.default_rng(0)
    grey = random.integers(0, 256, (60, 256)).astype(np.float64)
    for row in range(1, 60, 2):  # copies with more and more noise
        grey[row] = np.clip(grey[row - 1] + random.normal(0, row / 4, 256), 0, 255)
    grey = grey.astype(np.uint8)
    every = np.corrcoef(grey)
    expected = np.argwhere(np.triu(every >= THRESHOLD, 1)).tolist()
    assert 5 < len(expected) < 30
    assert similar_pairs([row.tobytes() for row in grey]).tolist() == expected


def test_a_copy_in_another_size_format_or_light_is_a_near_duplicate():
    one = scene(0)
    lossy = Image.open(io.BytesIO(png(one, "JPEG", quality=60)))
    darker = one.point(lambda value: value // 2 + 20)
    assert pairs_of(one, lossy, one.resize((200, 100)), darker) == [
        [0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]
    ]  # fmt: skip
    assert pairs_of(one, scene(1), one.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == []


def test_pictures_without_contrast_are_not_compared():
    assert pairs_of(Image.new("L", (8, 8), 10), Image.new("L", (8, 8), 11)) == []
    assert similar_pairs([]).shape == (0, 2)


def table_of_copies(tmp_path, copies: dict[str, Image.Image]) -> pd.DataFrame:
    files = {f"{'ab'[i % 2]}/{i:02}.png": png(noise(i)) for i in range(60)}
    files |= {name: png(image) for name, image in copies.items()}
    return task(layout="folders").read([zipped(tmp_path / "x.zip", files)])


def test_held_out_pictures_near_to_training_are_counted_and_sliced(tmp_path):
    brighter = {f"{'ab'[i % 2]}/{i:02}-2.png": noise(i).point(lambda v: v + 5) for i in range(60)}
    table = table_of_copies(tmp_path, brighter)
    data = task(layout="folders")
    assert table["content"].is_unique
    split = data.assign_splits(table)
    first = pd.Series(split).groupby(table["name"].str[:4])
    together = first.transform(lambda names: "train" in set(names)).to_numpy()
    expected = {name: int((together & (split == name)).sum()) for name in ("validation", "test")}
    assert all(expected.values())
    checked = data.with_checked_columns(table)
    assert data.leakage(checked) == {
        f"{name} rows with a near-duplicate in training": count for name, count in expected.items()
    }
    splits, meta = data.split_and_encode(table)
    evaluation = dataclasses.replace(PARAMS.task("images").evaluation(), data=data)
    mask = evaluation.slices(splits["test"], meta)["without near-duplicates"]
    assert (len(mask) - mask.sum()) == expected["test"]


def test_clusters_of_near_duplicates_stay_together_if_the_split_says_so(tmp_path):
    brighter = {f"{'ab'[i % 2]}/{i:02}-2.png": noise(i).point(lambda v: v + 5) for i in range(60)}
    table = table_of_copies(tmp_path, brighter)
    data = task(layout="folders", split="near")
    split = pd.Series(data.assign_splits(table))
    assert (split.groupby(table["name"].str[:4]).nunique() == 1).all()
    assert {*split} == {"train", "validation", "test"}
    assert set(data.leakage(data.with_checked_columns(table)).values()) == {0}


def test_a_picture_without_a_near_one_is_drawn_as_without_clusters(tmp_path):
    table = table_of_copies(tmp_path, {})
    split = task(layout="folders", split="near").assign_splits(table)
    np.testing.assert_array_equal(split, task(layout="folders").assign_splits(table))
