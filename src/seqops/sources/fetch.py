"""Fetching a task's sources into its raw folder, which changes only when all files are verified."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from seqops.core.errors import SeqopsError
from seqops.core.files import atomic_write, sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import sources_of, write_order
from seqops.core.redaction import redact
from seqops.core.settings import DownloadSettings
from seqops.preprocessing.archive import extract, is_archive, pack
from seqops.sources.address import Address
from seqops.sources.catalog import CatalogEntry, read_catalog
from seqops.sources.etags import EtagCache
from seqops.sources.http import DEFAULTS, LIMIT, download, forget

MIRROR = "SEQOPS_MIRROR"
SCHEMES = ("http://", "https://")
WEB_PAGES = (".html", ".htm", ".xhtml")
HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
"""How a web page begins."""


@dataclass(frozen=True)
class FetchedFile:
    """A raw file and its origin (secrets masked)."""

    path: Path
    origin: str
    sha256: str


def generators_of(task: Task) -> dict[str, Callable[[], Mapping[str, bytes]]]:
    """Return the sources that a task generates: its sample, and `GENERATED` of its data module."""
    generated = getattr(inspect.getmodule(type(task.data)), "GENERATED", {})
    return {"sample": task.data.sample, **generated}


@dataclass(frozen=True)
class Fetcher:
    """Fetches all sources of one task into a folder.

    into: the folder; limit: maximum size of a file in bytes; settings: limits of a download; downloads: the
    folder of partial downloads, that of the task in the state of the project by default.
    """

    project: Project
    task: Task
    console: Console
    into: Path
    limit: int = LIMIT
    settings: DownloadSettings = DEFAULTS
    downloads: Path | None = None

    @property
    def work(self) -> Path:
        """The folder of partial downloads, which survive a kill."""
        return self.downloads or self.project.state / "downloads" / self.task.name

    @property
    def current(self) -> Path:
        """The raw files of the last fetch, which are not downloaded again if they are unchanged."""
        return self.project.task_paths(self.task.name).raw

    @property
    def staged(self) -> Path:
        """The folder of verified files that are not in place yet."""
        return self.work / "staged"

    def run(self) -> list[FetchedFile]:
        """Fetch every source of the task, then put all files in place.

        Raises SeqopsError, and leaves the folder unchanged, if a file cannot be fetched or verified.
        """
        shutil.rmtree(self.staged, ignore_errors=True)
        self.staged.mkdir(parents=True)
        try:
            origins = self._stage_all()
            fetched = [self._put(name, origin) for name, origin in origins.items()]
        except OSError as error:
            error.filename = error.filename or str(self.work)
            raise
        finally:
            # frees a full disk; partial downloads stay, to be resumed
            shutil.rmtree(self.staged, ignore_errors=True)
        self._remove_others(set(origins))
        write_order(self.into, list(origins))
        shutil.rmtree(self.work)
        return fetched

    def _stage_all(self) -> dict[str, str]:
        """Stage the files of every source: name -> origin, in the order of the sources.

        A name is relative to the folder: a file of a named split is in the subfolder of that split.
        """
        origins: dict[str, str] = {}
        named: dict[str, str] = {}
        for split, source in sources_of(self.task.source):
            if named.setdefault(source, split) != split:
                raise SeqopsError(
                    f"tasks.{self.task.name}.source names {redact(source)} for {named[source]} and {split}. "
                    "Name a file for each split; or name it once, without a split, to have it divided."
                )
            (self.staged / split).mkdir(exist_ok=True)
            for file, origin in self._stage(source, split).items():
                name = f"{split}/{file}" if split else file
                if name in origins:
                    raise SeqopsError(f"two sources are both called {name}. Rename one of the files.")
                origins[name] = origin
        if not origins:
            raise SeqopsError(f"tasks.{self.task.name}.source is empty. Name `sample`, a dataset or a file.")
        return origins

    def _stage(self, source: str, split: str) -> dict[str, str]:
        """Stage the files of one source, which may be named for a split: file name -> origin."""
        generators = generators_of(self.task)
        if source in generators:
            files = generators[source]()
            for name, content in files.items():
                (self.staged / split / name).write_bytes(content)
            return dict.fromkeys(files, source)
        catalog = read_catalog(self.project.catalog)
        if source in catalog:
            return self._from_catalog(source, catalog[source], split)
        name = Address(source).file_name if source.startswith(SCHEMES) else Path(source).name
        if self._is_packed(source):
            name = f"{name}.zip"
        self._stage_file(source, self.staged / split / name, [*generators, *catalog])
        return {name: redact(source)}

    def _from_catalog(self, name: str, entry: CatalogEntry, split: str) -> dict[str, str]:
        if entry.task != self.task.name:
            raise SeqopsError(
                f"tasks.{self.task.name}.source: {name} is a dataset of the task {entry.task}. "
                "Name one of this task's, or a file."
            )
        current, ready = self.current / split / entry.raw_name, self.staged / split / entry.raw_name
        if current.is_file() and sha256_of(current) in entry.sha256:
            _copy(current, ready)
            return {entry.raw_name: name}
        mirror = os.environ.get(MIRROR, "").rstrip("/")
        mirrored = [f"{mirror}/{entry.task}/{entry.file}"] if mirror else []
        reasons = []
        for location in [*mirrored, *entry.urls]:
            try:
                self._stage_verified(location, entry, ready)
                return {entry.raw_name: redact(location)}
            except SeqopsError as error:
                reasons.append(f"\n  {error}")
        fix = (
            entry.obtain
            or f"Fix the errors above, or set {MIRROR} to a folder that contains {entry.task}/{entry.file}."
        )
        raise SeqopsError(f"{name} could not be downloaded.{''.join(reasons)}\n{fix}")

    def _stage_verified(self, location: str, entry: CatalogEntry, ready: Path) -> None:
        """Stage a catalogued dataset from one location. Raises SeqopsError if its sha256 does not match."""
        downloaded = self.staged / "downloaded"
        self._stage_file(location, downloaded, [])
        if entry.member and is_archive(downloaded):
            extract(downloaded, entry.member, ready, self.limit)
            downloaded.unlink()
        else:
            downloaded.replace(ready)
        found = sha256_of(ready)
        if found not in entry.sha256:
            ready.unlink()
            raise SeqopsError(
                f"{redact(location)}: {entry.raw_name} has sha256 {found}, "
                f"but the catalogue has {' or '.join(entry.sha256)}. It is damaged or changed: do not use it."
            )

    def _stage_file(self, source: str, to: Path, known: list[str]) -> None:
        if source.startswith(SCHEMES):
            self._stage_url(source, to)
            return
        path = self.project.root / Path(source).expanduser()
        if self._is_packed(source):
            pack(path, to)
            return
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not a file"
            close = difflib.get_close_matches(source, known, n=1)
            hint = f"did you mean {close[0]!r}? Otherwise give" if close else "Give"
            raise SeqopsError(f"{source} {what}: {hint} the path of a readable file.")
        _copy(path, to)

    def _is_packed(self, source: str) -> bool:
        """Return whether a source is a folder, and the task takes folders."""
        path = self.project.root / Path(source).expanduser()
        return self.task.data.takes_folders and not source.startswith(SCHEMES) and path.is_dir()

    def _stage_url(self, address: str, to: Path) -> None:
        """Stage the file of a URL, without a download if the current file is unchanged."""
        key = hashlib.sha256(address.encode()).hexdigest()[:16]
        part, current = self.work / f"{key}.part", self.current / to.relative_to(self.staged)
        cache = EtagCache.open(self.project.state, self.task.name)
        known = cache.lookup(key, current)
        validators = download(address, part, self.console, self.limit, known, self.settings)
        if validators is None:
            _copy(current, to)
            return
        if not to.name.lower().endswith(WEB_PAGES) and _is_web_page(part):
            forget(part)
            raise SeqopsError(
                f"{redact(address)} is a web page (HTML), not the file itself. Open it in a browser, and "
                "name the address behind its download link."
            )
        part.replace(to)
        forget(part)
        cache.remember(key, validators, to)

    def _put(self, name: str, origin: str) -> FetchedFile:
        target = self.into / name
        with atomic_write(target) as temporary:
            # a move, because .state may be on another disk
            shutil.move(self.staged / name, temporary)
        return FetchedFile(target, origin, sha256_of(target))

    def _remove_others(self, names: set[str]) -> None:
        for path in sorted(self.into.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            elif path.is_file() and path.relative_to(self.into).as_posix() not in names:
                path.unlink()


def _is_web_page(path: Path) -> bool:
    """Return whether a file begins as an HTML page does."""
    with path.open("rb") as file:
        return HTML.match(file.read(1000)) is not None


def _copy(path: Path, to: Path) -> None:
    # opened here, because shutil.copyfile names its source if the disk is full
    with path.open("rb") as source, to.open("wb") as copy:
        shutil.copyfileobj(source, copy)
