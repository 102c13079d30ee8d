"""A source -> verified bytes in a folder; what stood there stays until all is verified."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rich.console import Console

from seqops.core.errors import SeqopsError
from seqops.core.files import atomic_write, sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.preprocessing.archive import extract, is_archive
from seqops.sources.catalog import CatalogEntry, read_catalog
from seqops.sources.etags import EtagCache
from seqops.sources.http import LIMIT, download, forget

MIRROR = "SEQOPS_MIRROR"
SCHEMES = ("http://", "https://")


@dataclass(frozen=True)
class FetchedFile:
    """A raw file and where it came from (secrets masked)."""

    path: Path
    origin: str
    sha256: str


def makers_of(task: Task) -> dict[str, Callable[[], Mapping[str, bytes]]]:
    """Return the sources that a task makes itself: its sample, and `GENERATED` of its data module."""
    generated = getattr(inspect.getmodule(type(task.data)), "GENERATED", {})
    return {"sample": task.data.sample, **generated}


@dataclass(frozen=True)
class Fetcher:
    """Where the sources of one task are looked for, and the folder that they are put into together."""

    store: Project
    task: Task
    console: Console
    into: Path
    limit: int = LIMIT

    @property
    def work(self) -> Path:
        """Undeclared state: cut transfers survive a kill here."""
        return self.store.state / "downloads" / self.task.name

    @property
    def current(self) -> Path:
        """The raw files of the last time, which need not be brought again where they are the present ones."""
        return self.store.task_paths(self.task.name).raw

    @property
    def staged(self) -> Path:
        """Verified files on their way to raw/."""
        return self.work / "staged"

    def run(self) -> list[FetchedFile]:
        """Bring every source of the task, then put all of them in place.

        Raises SeqopsError, and leaves the folder as it was, where one cannot be had or verified.
        """
        shutil.rmtree(self.staged, ignore_errors=True)
        self.staged.mkdir(parents=True)
        try:
            origins = self._bring_all()
            fetched = [self._put(name, origin) for name, origin in origins.items()]
        except OSError as error:
            error.filename = error.filename or str(self.work)
            raise
        finally:
            # a full disk is not kept full; cut transfers stay, to be gone on with
            shutil.rmtree(self.staged, ignore_errors=True)
        self._remove_others(set(origins))
        shutil.rmtree(self.work)
        return fetched

    def _bring_all(self) -> dict[str, str]:
        """Stage the files of every source: name -> origin."""
        sources = [self.task.source] if isinstance(self.task.source, str) else self.task.source
        origins: dict[str, str] = {}
        for source in sources:
            for name, origin in self._bring(source).items():
                if name in origins:
                    raise SeqopsError(f"two sources are both called {name}. Rename one of the files.")
                origins[name] = origin
        if not origins:
            raise SeqopsError(f"tasks.{self.task.name}.source is empty. Name `sample`, a dataset or a file.")
        return origins

    def _bring(self, source: str) -> dict[str, str]:
        """Stage the files of one source: name -> origin."""
        makers = makers_of(self.task)
        if source in makers:
            files = makers[source]()
            for name, content in files.items():
                (self.staged / name).write_bytes(content)
            return dict.fromkeys(files, source)
        catalog = read_catalog(self.store.catalog)
        if source in catalog:
            return self._from_catalog(source, catalog[source])
        name = unquote(Path(urlsplit(source).path).name) if source.startswith(SCHEMES) else Path(source).name
        if not name:
            raise SeqopsError(f"{redact(source)} names no file. Give the address of one file.")
        self._bring_file(source, self.staged / name, [*makers, *catalog])
        return {name: redact(source)}

    def _from_catalog(self, name: str, entry: CatalogEntry) -> dict[str, str]:
        if entry.task != self.task.name:
            raise SeqopsError(
                f"tasks.{self.task.name}.source: {name} is a dataset of the task {entry.task}. "
                "Name one of this task's, or a file."
            )
        held = self.current / entry.raw_name
        if held.is_file() and sha256_of(held) in entry.sha256:
            _copy(held, self.staged / entry.raw_name)
            return {entry.raw_name: name}
        mirror = os.environ.get(MIRROR, "").rstrip("/")
        addresses = [f"{mirror}/{entry.task}/{entry.file}"] if mirror else []
        reasons = []
        for address in [*addresses, *entry.urls]:
            try:
                self._bring_verified(address, entry)
                return {entry.raw_name: redact(address)}
            except SeqopsError as error:
                reasons.append(f"\n  {error}")
        fix = (
            entry.obtain
            or f"Mend what is said, or point {MIRROR} to a folder holding {entry.task}/{entry.file}."
        )
        raise SeqopsError(f"{name} could not be had.{''.join(reasons)}\n{fix}")

    def _bring_verified(self, address: str, entry: CatalogEntry) -> None:
        """Stage one address of a catalogued dataset. Raises SeqopsError where its sha256 is another."""
        arrived, ready = self.staged / "arrived", self.staged / entry.raw_name
        self._bring_file(address, arrived, [])
        if entry.member and is_archive(arrived):
            extract(arrived, entry.member, ready, self.limit)
            arrived.unlink()
        else:
            arrived.replace(ready)
        found = sha256_of(ready)
        if found not in entry.sha256:
            ready.unlink()
            raise SeqopsError(
                f"{redact(address)}: {entry.raw_name} has sha256 {found}, "
                f"the catalogue pins {' or '.join(entry.sha256)}. It is damaged or changed: do not use it."
            )

    def _bring_file(self, source: str, to: Path, known: list[str]) -> None:
        if source.startswith(SCHEMES):
            self._bring_address(source, to)
            return
        path = self.store.root / Path(source).expanduser()
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is no file"
            close = difflib.get_close_matches(source, known, n=1)
            hint = f"did you mean {close[0]!r}? Else name" if close else "Name"
            raise SeqopsError(f"{source} {what}: {hint} a file that can be read, by its path.")
        _copy(path, to)

    def _bring_address(self, address: str, to: Path) -> None:
        """Stage what an address gives; where that is what is held, without a transfer."""
        key = hashlib.sha256(address.encode()).hexdigest()[:16]
        part, held = self.work / f"{key}.part", self.current / to.name
        cache = EtagCache(self.store.state / "editions" / f"{self.task.name}.json")
        # `$NAME` stands for a secret that no file of the project holds
        url = os.path.expandvars(address)
        brought = download(url, part, self.console, self.limit, cache.lookup(key, held))
        if brought is None:
            _copy(held, to)
            return
        part.replace(to)
        forget(part)
        cache.remember(key, brought, to)

    def _put(self, name: str, origin: str) -> FetchedFile:
        target = self.into / name
        with atomic_write(target) as temporary:
            # a move, because .state may be on another disk
            shutil.move(self.staged / name, temporary)
        return FetchedFile(target, origin, sha256_of(target))

    def _remove_others(self, names: set[str]) -> None:
        for path in self.into.iterdir():
            if path.name not in names:
                path.unlink()


def _copy(path: Path, to: Path) -> None:
    # opened here, because shutil.copyfile names its source where the disk is full
    with path.open("rb") as given, to.open("wb") as copy:
        shutil.copyfileobj(given, copy)
