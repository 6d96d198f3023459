"""What the history consists of: one small pointer file names every live, immutable Parquet file.

Writing files changes nothing until the pointer is replaced; files that it does not name are swept away.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from bidopt import versions
from bidopt.errors import DataError
from bidopt.ingest.layout import TableKind
from bidopt.workspace import Workspace, publish_bytes, publish_json

SCHEMA_VERSION = 1
FILE_NAME = "manifest.json"
_NAME_DIGITS = 16
SHELVES = ("history", "restated", "words", "plans", "items")
"""The folders of the history: live rows, what they were before, and the dated tables."""

_ANEW = "从备份恢复，或移走 data/ 后重新导入 / restore a backup, or move data/ away and import the exports again."

Months = dict[str, tuple[str, ...]]
"""Paths below data/ by month, as in {"2026-07": ("history/2026-07/1f….parquet",)}."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)


class Import(_Entry):
    """One table that was imported: the same content downloaded at the same time is never read twice."""

    name: str
    sha256: str
    downloaded_at: dt.datetime
    kind: TableKind
    layout: str
    first_day: dt.date | None
    last_day: dt.date | None
    rows_read: int
    totals: int
    set_aside: int


class Manifest(_Entry):
    schema_version: int = SCHEMA_VERSION
    imports: tuple[Import, ...] = ()
    shelves: dict[str, Months] = {}

    def paths(self, shelf: str, months: Iterable[str] | None = None) -> list[str]:
        """The files of `shelf`, of all months or of `months`."""
        held = self.shelves.get(shelf, {})
        return [path for month in sorted(held if months is None else months) for path in held.get(month, ())]

    def with_month(self, shelf: str, month: str, paths: Sequence[str]) -> "Manifest":
        """The same with `paths` as all that `shelf` holds of `month`."""
        months = dict(self.shelves.get(shelf, {})) | {month: tuple(paths)}
        kept = {name: months[name] for name in sorted(months) if months[name]}
        return self.model_copy(update={"shelves": {**self.shelves, shelf: kept}})


def load(workspace: Workspace) -> Manifest:
    """The manifest as it stands; an empty one where nothing was imported yet.

    Raises
    ------
    DataError
        When another version of bidopt wrote it, or it was damaged.
    """
    path = workspace.data / FILE_NAME
    try:
        told = versions.require(json.loads(path.read_text("utf-8")), SCHEMA_VERSION, path, _ANEW)
        return Manifest.model_validate(told)
    except FileNotFoundError:
        return Manifest()
    except ValueError:
        raise _damaged(path) from None


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} 丢失或已损坏 / is damaged or lost.", _ANEW)


def publish(workspace: Workspace, manifest: Manifest) -> None:
    """Make `manifest` what counts, then delete the files that it no longer names."""
    imports = sorted(manifest.imports, key=lambda entry: (entry.downloaded_at, entry.name, entry.sha256))
    ordered = manifest.model_copy(update={"imports": tuple(imports)})
    publish_json(workspace.data / FILE_NAME, ordered.model_dump(mode="json"))
    sweep(workspace, ordered)


def sweep(workspace: Workspace, manifest: Manifest) -> None:
    """Delete what a replaced or a killed import left behind."""
    named = {workspace.data / path for shelf in SHELVES for path in manifest.paths(shelf)}
    for shelf in SHELVES:
        for path in (workspace.data / shelf).glob("*/*"):
            if path not in named:
                with suppress(PermissionError):  # Windows: someone reads it now; the next sweep takes it
                    path.unlink()


def encoded(frame: pd.DataFrame) -> bytes:
    """`frame` as the content of a file."""
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    # without the schema labels are read as plain text; files are read whole, which needs no statistics of columns
    pq.write_table(table, sink, compression="zstd", store_schema=False, write_statistics=False)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def write(workspace: Workspace, shelf: str, month: str, content: bytes) -> str:
    """Write `content` as an immutable file named by it; return its path below data/."""
    path = f"{shelf}/{month}/{hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]}.parquet"
    if not (workspace.data / path).exists():
        publish_bytes(workspace.data / path, content)
    return path


def read(
    workspace: Workspace,
    paths: Sequence[str],
    columns: Sequence[str] | None = None,
    labels: Sequence[str] = (),
    campaigns: Collection[str] | None = None,
) -> pd.DataFrame:
    """The rows of the files at `paths`, one after the other, `labels` as categoricals; an empty frame where no path.

    `campaigns`: ids of those to read, None for all.
    """
    wanted = None if columns is None else list(columns)
    tables = [
        pq.read_table(
            _checked(workspace.data / path),
            columns=wanted,
            partitioning=None,  # the month folder is no column
            read_dictionary=list(labels),
            filters=None if campaigns is None else pc.field("campaign_id").cast(pa.string()).isin(list(campaigns)),
        )
        for path in paths
    ]
    return pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns=wanted)


def _checked(path: Path) -> pa.BufferReader:
    """The content of a file that is named by its content."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _damaged(path) from None
    if hashlib.sha256(content).hexdigest()[:_NAME_DIGITS] != path.stem:
        raise _damaged(path)
    return pa.BufferReader(content)
