"""Archives of picture files: folders named after the classes, or a table of paths and labels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.archive import is_archive, is_mac_metadata, members
from seqops.preprocessing.csv_table import check_header, read_csv_rows
from seqops.preprocessing.text_file import MAX_UNPACKED, decode
from seqops.tasks.images.data.array_files import LabelledPicture

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SPLITS = ("train", "validation", "test")
SHAPE = "a header, and a row with path and label for each picture"


def read_folders(path: Path) -> list[LabelledPicture]:
    """Read `<any>/<label>/<picture>` of an archive; a folder train, validation or test above it is the split.

    `line` is the row's number, by name: the same for every packing of the same files. Raises DataError.
    """
    found = []
    for number, (name, content) in enumerate(sorted(_members(path, SUFFIXES).items()), 1):
        parts = PurePosixPath(name).parts
        if len(parts) < 2:
            fix = "Put each picture into a folder with the name of its class."
            raise DataError.at(path, None, f"{name} is in no folder", fix)
        published = parts[-3] if len(parts) > 2 and parts[-3] in SPLITS else ""
        found.append(LabelledPicture(number, name, parts[-2], content, published))
    if not found:
        fix = f"Pack folders, named after the classes, of files that end in {', '.join(SUFFIXES)}."
        raise DataError.at(path, None, "the archive has no picture", fix)
    return found


def read_table(path: Path, path_column: str, label_column: str) -> list[LabelledPicture]:
    """Read the CSV file of an archive, and the pictures whose paths, relative to that file, it lists.

    Raises DataError if there is not one CSV file, or no picture of that path.
    """
    files = _members(path, (*SUFFIXES, ".csv"))
    tables = [name for name in files if name.lower().endswith(".csv")]
    if len(tables) != 1:
        fix = "Pack the pictures with one table of their paths and labels."
        raise DataError.at(path, None, f"the archive has {len(tables)} CSV files", fix)
    place = Path(PurePosixPath(tables[0]).name)
    lines, rows = read_csv_rows(place, decode(path, files[tables[0]], member=tables[0]), SHAPE)
    check_header(place, lines[0], rows[0], [path_column, label_column], "data.path and data.label")
    at, labelled = rows[0].index(path_column), rows[0].index(label_column)
    found = []
    for line, cells in zip(lines[1:], rows[1:], strict=True):
        name = str(PurePosixPath(tables[0]).parent / cells[at].strip().replace("\\", "/"))
        if name not in files or name == tables[0]:
            fix = f"Give the path relative to {place}."
            raise DataError.at(place, line, f"the archive has no picture {quoted(cells[at])}", fix)
        found.append(LabelledPicture(line, name, cells[labelled].strip(), files[name]))
    return found


def _members(path: Path, suffixes: tuple[str, ...]) -> dict[str, bytes]:
    if not is_archive(path):
        fix = "Name a folder, or a zip or tar.gz of it."
        raise DataError.at(path, None, "is not an archive", fix)
    wanted = members(
        path, MAX_UNPACKED, lambda name: name.lower().endswith(suffixes) and not is_mac_metadata(name)
    )
    return {str(PurePosixPath(name)): content for name, content in wanted}
