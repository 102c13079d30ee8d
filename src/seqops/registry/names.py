"""The registered model of a task and its data, such as `ner-tagger-klp2016`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from urllib.parse import unquote

from seqops.core.interfaces import Task
from seqops.core.raw_folder import sources_of

SAMPLE = "sample"
"""The source of a task that generates its own data."""
MAX_SUFFIX = 80  # characters
ENDING = re.compile(r"(\.[a-z0-9]{1,5})?(\.(gz|bz2|xz|zst|zip|tar|tgz))*$", re.IGNORECASE)


def registered_name(task: Task) -> str:
    """Return the name of the registered model that the versions of a task belong to.

    `tasks.<task>.registry.name`, or the name of the kind of model and, after a hyphen, that of the data.
    """
    chosen: str = task.section.get("registry", {}).get("name", "")
    sources = [address for _, address in sources_of(task.source)]
    return chosen or name_from_data(task.data.registered_name, sources, vars(task.data).values())


def name_from_data(kind: str, sources: Sequence[str], settings: Collection[object]) -> str:
    """Return the name of a kind of model with that of its data."""
    return f"{kind}-{data_name(sources, settings)}"


def data_name(sources: Sequence[str], settings: Collection[object] = ()) -> str:
    """Return the name of the data of sources.

    settings: values of the section `data`; a source that one of them names, such as one of word vectors,
    does not count. Several files give the words that their names begin with; if there are none, their
    folder; if they have several, the name of the first.
    """
    paths = [_path(source) for source in sources]
    paths = [path for path in paths if path.name not in settings] or paths
    names = [_slug(ENDING.sub("", path.name)) for path in paths]
    folders = {_slug(path.parent.name) for path in paths}
    candidates = [_common_words(names), *(folders if len(folders) == 1 else ())]
    telling = [name for name in candidates if re.search(r"[^\W\d]", name)]
    return next(filter(None, [*telling, *names]), "data")[:MAX_SUFFIX].strip("-")


def _common_words(names: Sequence[str]) -> str:
    """Return the words, joined by hyphens, that all names begin with."""
    positions = zip(*(name.split("-") for name in names), strict=False)
    return "-".join(words[0] for words in takewhile(lambda words: len(set(words)) == 1, positions))


def _path(source: str) -> PurePosixPath:
    """Return the path of a source, without the query of a URL."""
    address = "://" in source
    return PurePosixPath(unquote(re.split(r"[?#]", source)[0]) if address else source)


def _slug(text: str) -> str:
    """Keep letters and digits of any script, in lower case, with one hyphen for all between them."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text).lower()).strip("-")
