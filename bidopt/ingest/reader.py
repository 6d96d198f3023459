"""One export, read: found out what it is, turned into canonical rows, every row accounted for."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bidopt.errors import FileRefused
from bidopt.ingest.containers import Source, sources
from bidopt.ingest.grids import Grid, grids
from bidopt.ingest.layout import Match, TableKind, layouts, missing, nearest, recognise
from bidopt.ingest.rows import canonical_rows


@dataclass(frozen=True)
class ReadFile:
    """One table of an export.

    Attributes
    ----------
    frame : DataFrame
        The columns of the kind's contract in `schema.FRAMES`, one row a key.
    dims : tuple of str
        The columns that identify a row beside `date`: those key columns that the file had.
    covered : tuple of (date, date) or None
        The first and the last day it speaks of; None where it has no row.
    set_aside : DataFrame
        `file, row, reason, text` of each row that cannot be used; row 1 is the file's first line.

    rows_read = len(frame) + merged + totals + len(set_aside), always.
    """

    name: str
    sha256: str
    downloaded_at: dt.datetime
    layout: str
    kind: TableKind
    frame: pd.DataFrame
    dims: tuple[str, ...]
    covered: tuple[dt.date, dt.date] | None
    rows_read: int
    totals: int
    merged: int
    set_aside: pd.DataFrame
    unknown_columns: tuple[str, ...]


def read_file(path: Path) -> list[ReadFile]:
    """Read an export: a CSV, a workbook, or a zip with one or more of them.

    Raises
    ------
    FileRefused
        When any table in it cannot be read: what is wrong, and what to do.
    """
    return [read_source(source) for source in sources(path)]


def read_source(source: Source) -> ReadFile:
    """Read one table. Raises FileRefused as `read_file` does."""
    grid, header_row, match = _header(source)
    positions = sorted({0, *match.parts, *(column.position for column in match.columns.values())})
    rows = canonical_rows(grid.body(header_row, positions), match, source)
    days = rows.frame["date"]
    return ReadFile(
        name=source.name,
        sha256=source.sha256,
        downloaded_at=source.downloaded_at,
        layout=match.layout.name,
        kind=match.layout.kind,
        frame=rows.frame.reset_index(drop=True),
        dims=rows.dims,
        covered=(days.min().date(), days.max().date()) if len(days) else None,
        rows_read=rows.rows_read,
        totals=rows.totals,
        merged=rows.merged,
        set_aside=rows.set_aside,
        unknown_columns=match.unknown,
    )


def _header(source: Source) -> tuple[Grid, int, Match]:
    """The first row, read any way, that some layout fits."""
    ways = [(grid, row, cells) for grid in grids(source) for row, cells in enumerate(grid.head())]
    for grid, row, cells in ways:
        if match := recognise(cells):
            _refuse_twice(match, source)
            return grid, row, match
    if not any(cell.strip() for _, _, cells in ways for cell in cells):
        raise FileRefused(f"{source.name}: 文件是空的 / is empty.", "请重新下载 / download it again.")
    closest = max((nearest(cells) for _, _, cells in ways), key=lambda match: len(match.columns))
    hint = f"最接近“{closest.layout.title}”，问题在于 / nearest layout, at odds in: {'、'.join(missing(closest))}."
    if not closest.columns:
        hint = f"可读的报表 / what can be read: {'、'.join(known.title for known in layouts())}."
    raise FileRefused(f"{source.name}: 认不出是哪种报表 / is no report that bidopt knows.", hint)


def _refuse_twice(match: Match, source: Source) -> None:
    if match.twice:
        raise FileRefused(
            f"{source.name}: “{'、'.join(match.twice)}”列出现两次 / the column stands twice.",
            "请删去多余的一列，或重新下载 / delete the one too many, or download it again.",
        )
