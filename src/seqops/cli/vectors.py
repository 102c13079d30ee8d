"""`seqops vectors`: learn word vectors of a task's own training texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from seqops.cli.options import Debug, OneTask
from seqops.core.arrays_io import read_table
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, exit_on_error, out

if TYPE_CHECKING:
    from seqops.word_vectors.skip_gram import WordVectors

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WORD]...", help="Words whose neighbours are shown; default: frequent ones."),
]
Dimensions = Annotated[
    int | None,
    typer.Option(min=2, max=1000, help="Numbers of a vector; default: those of the task's embedding, or 64."),
]
Epochs = Annotated[int, typer.Option(min=1, help="Passes over the training texts.")]
Seed = Annotated[int, typer.Option(min=0, help="Random seed; the same seed gives the same file.")]
Output = Annotated[
    Path | None,
    typer.Option(help="The file of vectors; the picture is beside it. Default: vectors/TASK.vec."),
]


def vectors(
    task: OneTask,
    words: Words = None,
    dimensions: Dimensions = None,
    epochs: Epochs = 5,
    seed: Seed = 0,
    output: Output = None,
    debug: Debug = False,
) -> None:
    """Learn word vectors of a task's training texts (skip-gram), and draw words with their neighbours."""
    with exit_on_error(debug):
        from seqops.word_vectors.picture import draw_words
        from seqops.word_vectors.shown_words import NEIGHBOURS, chosen_words
        from seqops.word_vectors.skip_gram import learn
        from seqops.word_vectors.vector_file import write_vectors

        project = Project.find()
        configured = Params.load(project.params).task(task)
        table = read_table(project.task_paths(task).table)
        texts = configured.data.training_words(table, configured.data.assign_splits(table))
        width = dimensions or _embedding(configured.section["model"])
        found = learn(texts, width, epochs, seed)
        shown = chosen_words(found, words or [])
        path = output or project.root / "vectors" / f"{task}.vec"
        picture = path.with_suffix(".png")
        write_vectors(path, found)
        neighbours = {word: found.neighbours(word, NEIGHBOURS) for word in shown}
        complete = draw_words(picture, found, [[w, *(n for n, _ in near)] for w, near in neighbours.items()])
        out.print(_listed(found, neighbours))
        out.print(f"{path}: {len(found.words):,} words of {width} numbers. Picture: {picture}.", markup=False)
        out.print(_use(configured, path, project.root, width), markup=False, highlight=False)
        if not complete:
            err.print("The picture lacks letters that no installed font has. Install Noto Sans CJK.")


def _embedding(model: dict[str, Any]) -> int:
    return int(model.get("embedding") or model.get("word_dim") or 64)


def _listed(found: WordVectors, neighbours: dict[str, list[tuple[str, float]]]) -> Table:
    table = Table("word", "occurs", "nearest words, with their cosines")
    counts = dict(zip(found.words, found.counts.tolist(), strict=True))
    for word, near in neighbours.items():
        table.add_row(word, f"{counts[word]:,}", ", ".join(f"{n} {cosine:.2f}" for n, cosine in near))
    return table


def _use(task: Task, path: Path, root: Path, width: int) -> str:
    """Say which keys make the task start from the vectors."""
    if not task.data.reads_vectors:
        return f"They are for looking at: no key of tasks.{task.name} names a file of word vectors."
    file = path.resolve()
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
    return (
        f"Start from them: set `tasks.{task.name}.data.vectors: {name}` and "
        f"`tasks.{task.name}.model.embedding: {width}`."
    )
