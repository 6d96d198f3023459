"""Files into the history: each export is read once, and the summary accounts for every row of it."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from bidopt import cores, schema
from bidopt.cells import guarded
from bidopt.errors import FileRefused
from bidopt.ingest import ReadFile, Source, is_junk, read_source, shown_name, sources
from bidopt.progress import Progress, Step, part
from bidopt.store import manifest as manifests
from bidopt.store import seen
from bidopt.store.manifest import Import, Manifest
from bidopt.store.shelves import Counts, Folded, fold_days, fold_table, put
from bidopt.store.summary import FileSummary, ImportSummary
from bidopt.workspace import Workspace, publish_bytes

Read = TypeVar("Read")
_AT_ONCE = 2
"""Months, each of a large shop takes a gigabyte to fold."""
_NAME_LENGTH = 60  # characters, of up to three bytes: names on disk end at 255 bytes


def import_inbox(workspace: Workspace, progress: Progress) -> ImportSummary:
    """Import whatever is new in the inbox. The caller holds the workspace's lock."""
    return import_files(workspace, sorted(p for p in workspace.inbox.rglob("*") if p.is_file()), progress)


def import_files(workspace: Workspace, paths: Iterable[Path], progress: Progress) -> ImportSummary:
    """Import exports into the history: all that can be read or, if the process dies, none.

    A file that cannot be read is refused whole and costs no other file anything. The caller holds the
    workspace's lock. `progress` is told the name of each file before it is read.
    """
    manifest = manifests.load(workspace)
    manifests.sweep(workspace, manifest)
    before = seen.load(workspace)
    reading = _Reading(manifest.imports, before)
    listed = list(paths)
    for place, path in enumerate(listed):
        reading.take(path, part(progress, place / len(listed), (place + 1) / len(listed)))
    fresh = sorted(reading.fresh, key=lambda file: (file.downloaded_at, file.name, file.sha256))
    counted: list[FileSummary] = []
    if fresh:
        manifest, counted = _stored(workspace, manifest, fresh)
        for file in fresh:
            _write_set_aside(workspace, file)
    named = tuple(entry.model_copy(update={"name": reading.names[_moment(entry)]}) for entry in manifest.imports)
    if fresh or named != manifest.imports:
        manifests.publish(workspace, manifest.model_copy(update={"imports": named}))
    seen.publish(workspace, before, reading.seen)
    return ImportSummary((*reading.passed, *counted))


class _Reading:
    """What is to be stored (`fresh`) and what is not (`passed`), gathered file by file.

    `names` gives each content of one moment the first in the alphabet of the names it came under, whichever came first.
    """

    def __init__(self, imports: Iterable[Import], before: seen.Seen) -> None:
        self.seen = dict(before)
        self.fresh: list[ReadFile] = []
        self.passed: list[FileSummary] = []
        self.names: dict[tuple[str, dt.datetime], str] = {}
        self._by_content: dict[str, list[Import]] = {}
        for entry in imports:
            self._record(entry, entry.name)

    def take(self, path: Path, progress: Progress) -> None:
        """Read the tables in the file at `path`, or say why not."""
        name = shown_name(path)
        if is_junk(name):
            self.passed.append(FileSummary(name, "skipped", message="不是报表 / not an export"))
            return
        hashes = self.seen.get(seen.key(path), [])
        if hashes and all(sha256 in self._by_content for sha256 in hashes):
            self.passed.extend(_known(self._by_content[sha256][0], name) for sha256 in hashes)
            return
        progress(Step(name, 0.0))
        try:
            found = _read(name, lambda: sources(path))
        except FileRefused as refusal:
            self._refuse(name, refusal)
            return
        taken = [self._take_table(source) for source in found]
        if all(taken):
            self.seen[seen.key(path)] = [source.sha256 for source in found]

    def _take_table(self, source: Source) -> bool:
        """Whether the table is in the history once this import is done."""
        entries = self._by_content.get(source.sha256, [])
        entry = next((e for e in entries if not source.dated or e.downloaded_at == source.downloaded_at), None)
        if entry:
            self._record(entry, source.name)
            self.passed.append(_known(entry, source.name))
            return True
        try:
            file = _read(source.name, lambda: read_source(source))
        except FileRefused as refusal:
            self._refuse(source.name, refusal)
            return False
        self.fresh.append(file)
        self._record(_entry(file), file.name)
        return True

    def _record(self, entry: Import, name: str) -> None:
        entries = self._by_content.setdefault(entry.sha256, [])
        if entry not in entries:
            entries.append(entry)
        self.names[_moment(entry)] = min(name, self.names.get(_moment(entry), entry.name))

    def _refuse(self, name: str, refusal: FileRefused) -> None:
        self.passed.append(FileSummary(name, "refused", message=refusal.message, hint=refusal.hint))


def _read(name: str, read: Callable[[], Read]) -> Read:
    """What `read` makes of a file; whatever it fails at costs that file alone."""
    try:
        return read()
    except FileRefused:
        raise
    except Exception as error:
        raise FileRefused(
            f"{name}: 读不了 / cannot be read ({type(error).__name__}: {error}).",
            "请重新下载，少选几天或另存为 CSV / download it again, fewer days at a time, or save it as CSV.",
        ) from error


def _moment(entry: Import) -> tuple[str, dt.datetime]:
    """What one download was: its content and when."""
    return entry.sha256, entry.downloaded_at


def _known(entry: Import, name: str) -> FileSummary:
    return FileSummary(
        name=name,
        status="known",
        kind=entry.kind,
        layout=entry.layout,
        rows_read=entry.rows_read,
        merged=entry.rows_read - entry.totals - entry.set_aside,
        totals=entry.totals,
        set_aside=entry.set_aside,
        message="已导入过 / imported before",
        sha256=entry.sha256,
    )


def _stored(workspace: Workspace, manifest: Manifest, files: list[ReadFile]) -> tuple[Manifest, list[FileSummary]]:
    """Write the rows of `files`; the manifest that names them, and each file's summary."""
    counts: Counts = Counter()
    for kind in ("keyword_day", "words", "plans", "items"):
        frames = [_stamped(file) for file in files if file.kind == kind and len(file.frame)]
        if not frames:
            continue
        for month, folded in _folded(workspace, manifest, kind, schema.stacked(frames)):
            manifest = put(workspace, manifest, month, folded)
            counts.update(folded.counts)
    imports = (*manifest.imports, *(_entry(file) for file in files))
    return manifest.model_copy(update={"imports": imports}), [_summary(file, counts) for file in files]


def _folded(workspace: Workspace, manifest: Manifest, kind: str, states: pd.DataFrame) -> Iterator[tuple[str, Folded]]:
    """Each month of `states`, and what it holds with them in; months side by side."""
    months = states["date"].to_numpy().astype("datetime64[M]")
    distinct = np.unique(months)

    def fold(month: np.datetime64) -> Folded:
        new = states[months == month].reset_index(drop=True)
        if kind == "keyword_day":
            return fold_days(workspace, manifest, str(month), new)
        return fold_table(workspace, manifest, kind, str(month), new)

    with cores.pool(len(states), cores.MANY_ROWS, _AT_ONCE) as pool:
        yield from zip(distinct.astype(str).tolist(), pool.map(fold, distinct), strict=True)


def _stamped(file: ReadFile) -> pd.DataFrame:
    """The rows of `file` as states."""
    stamp = {"file": file.sha256[:12], "dims": ",".join(file.dims)}
    labels = {name: schema.one_label(text, len(file.frame)) for name, text in stamp.items()}
    return file.frame.assign(downloaded_at=file.downloaded_at, **labels).astype({"downloaded_at": "datetime64[us]"})


def _entry(file: ReadFile) -> Import:
    first, last = file.covered or (None, None)
    return Import(
        name=file.name,
        sha256=file.sha256,
        downloaded_at=file.downloaded_at,
        kind=file.kind,
        layout=file.layout,
        first_day=first,
        last_day=last,
        rows_read=file.rows_read,
        totals=file.totals,
        set_aside=len(file.set_aside),
    )


def _summary(file: ReadFile, counts: Counts) -> FileSummary:
    stored, replaced = (counts[what, file.sha256[:12], file.downloaded_at] for what in ("stored", "replaced"))
    return FileSummary(
        name=file.name,
        status="imported",
        kind=file.kind,
        layout=file.layout,
        rows_read=file.rows_read,
        stored=stored,
        replaced=replaced,
        merged=file.rows_read - stored - file.totals - len(file.set_aside),
        totals=file.totals,
        set_aside=len(file.set_aside),
        unknown_columns=file.unknown_columns,
        sha256=file.sha256,
    )


def _write_set_aside(workspace: Workspace, file: ReadFile) -> None:
    """The rows that were set aside, in a file that opens right in Excel, named by its export and that one's content."""
    if len(file.set_aside):
        stem = re.sub(r"[^\w.() -]", "_", file.name.removesuffix(".csv"))[:_NAME_LENGTH]
        table = file.set_aside.assign(
            **{name: file.set_aside[name].map(guarded) for name in ("file", "reason", "text")}
        )
        content = table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
        publish_bytes(workspace.data / "set_aside" / f"{stem}_{file.sha256[:8]}.csv", content)
