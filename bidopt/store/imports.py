"""Files into the history: each export is read once, and the summary accounts for every row of it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from bidopt import schema
from bidopt.errors import FileRefused
from bidopt.ingest import ReadFile, Source, is_junk, read_source, sources
from bidopt.store import manifest as manifests
from bidopt.store.manifest import Import, Manifest
from bidopt.store.shelves import Counts, fold_days, fold_table
from bidopt.workspace import Workspace, publish_bytes

Status = Literal["imported", "known", "refused", "skipped"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class FileSummary:
    """What became of one file: rows_read = stored + merged + totals + set_aside.

    `stored` rows are in the history, `replaced` of them restated an older state. `merged` rows are there
    already or are told in more detail by another file. A `known` file was imported before.
    """

    name: str
    status: Status
    kind: str = ""
    layout: str = ""
    rows_read: int = 0
    stored: int = 0
    replaced: int = 0
    merged: int = 0
    totals: int = 0
    set_aside: int = 0
    message: str = ""
    hint: str = ""
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportSummary:
    """What an import did, file by file in the order of their downloads."""

    files: tuple[FileSummary, ...]

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files)

    @property
    def stored(self) -> int:
        return sum(file.stored for file in self.files)

    @property
    def replaced(self) -> int:
        return sum(file.replaced for file in self.files)

    @property
    def merged(self) -> int:
        return sum(file.merged for file in self.files)

    @property
    def totals(self) -> int:
        return sum(file.totals for file in self.files)

    @property
    def set_aside(self) -> int:
        return sum(file.set_aside for file in self.files)

    @property
    def refused(self) -> tuple[FileSummary, ...]:
        return tuple(file for file in self.files if file.status == "refused")

    def to_json(self) -> dict[str, Any]:
        """The summary as plain values: `files`, and the sums over them."""
        sums = ("rows_read", "stored", "replaced", "merged", "totals", "set_aside")
        return {"files": [asdict(file) for file in self.files]} | {name: getattr(self, name) for name in sums}


def import_inbox(workspace: Workspace, progress: Progress) -> ImportSummary:
    """Import whatever is new in the inbox. The caller holds the workspace's lock."""
    return import_files(workspace, sorted(p for p in workspace.inbox.rglob("*") if p.is_file()), progress)


def import_files(workspace: Workspace, paths: Iterable[Path], progress: Progress) -> ImportSummary:
    """Import exports into the history, all of them or, if the process dies, none.

    A file that cannot be read is refused whole and costs no other file anything. The caller holds the
    workspace's lock. `progress` is told the name of each file before it is read.
    """
    manifest = manifests.load(workspace)
    done: list[FileSummary] = []
    fresh: list[ReadFile] = []
    for path in paths:
        for outcome in _outcomes(path, manifest, progress):
            if isinstance(outcome, FileSummary):
                done.append(outcome)
            elif any(
                outcome.sha256 == other.sha256 and outcome.downloaded_at == other.downloaded_at for other in fresh
            ):
                done.append(_known(_entry(outcome)))
            else:
                fresh.append(outcome)
    fresh.sort(key=lambda file: (file.downloaded_at, file.name, file.sha256))
    if fresh:
        manifest, counted = _stored(workspace, manifest, fresh)
        for file in fresh:
            _write_set_aside(workspace, file)
        manifests.publish(workspace, manifest)
        done.extend(counted)
    return ImportSummary(tuple(done))


def _outcomes(path: Path, manifest: Manifest, progress: Progress) -> Iterator[ReadFile | FileSummary]:
    """Each table in the file at `path`: read, or the reason why not."""
    if is_junk(path.name):
        yield FileSummary(path.name, "skipped", message="不是报表 / not an export")
        return
    progress(path.name)
    try:
        found = sources(path)
    except FileRefused as refusal:
        yield FileSummary(path.name, "refused", message=refusal.message, hint=refusal.hint)
        return
    known = {(entry.sha256, entry.downloaded_at): entry for entry in manifest.imports}
    for source in found:
        entry = known.get((source.sha256, source.downloaded_at))
        yield _known(entry) if entry else _read(source)


def _read(source: Source) -> ReadFile | FileSummary:
    try:
        return read_source(source)
    except FileRefused as refusal:
        return FileSummary(source.name, "refused", message=refusal.message, hint=refusal.hint)


def _known(entry: Import) -> FileSummary:
    return FileSummary(
        name=entry.name,
        status="known",
        kind=entry.kind,
        layout=entry.layout,
        rows_read=entry.rows_read,
        merged=entry.rows_read - entry.totals - entry.set_aside,
        totals=entry.totals,
        set_aside=entry.set_aside,
        message="已导入过 / imported before",
    )


def _stored(workspace: Workspace, manifest: Manifest, files: list[ReadFile]) -> tuple[Manifest, list[FileSummary]]:
    """Write the rows of `files`; the manifest that names them, and each file's summary."""
    counts: Counts = Counter()
    for kind in ("keyword_day", "words", "plans", "items"):
        frames = [_stamped(file) for file in files if file.kind == kind and len(file.frame)]
        if not frames:
            continue
        states = pd.concat(frames, ignore_index=True)
        for month, part in states.groupby(states["date"].dt.strftime("%Y-%m")):
            if kind == "keyword_day":
                manifest, counted = fold_days(workspace, manifest, str(month), part)
            else:
                manifest, counted = fold_table(workspace, manifest, kind, str(month), part)
            counts.update(counted)
    imports = (*manifest.imports, *(_entry(file) for file in files))
    return manifest.model_copy(update={"imports": imports}), [_summary(file, counts) for file in files]


def _stamped(file: ReadFile) -> pd.DataFrame:
    """The rows of `file` as states."""
    states = file.frame.assign(downloaded_at=file.downloaded_at, file=file.sha256[:12], dims=",".join(file.dims))
    return states.astype(schema.dtypes(schema.STAMP) | {"dims": "str"})


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
    )


def _write_set_aside(workspace: Workspace, file: ReadFile) -> None:
    """The rows that were set aside, in a file that opens right in Excel."""
    name = re.sub(r"[^\w.() -]", "_", file.name)
    path = workspace.data / "set_aside" / f"{name}.csv"
    if file.set_aside.empty:
        path.unlink(missing_ok=True)
        return
    guarded = file.set_aside.assign(text=file.set_aside["text"].str.replace(r"^([=+\-@])", r"'\1", regex=True))
    publish_bytes(path, guarded.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))
