"""Bytes to cells: whatever the encoding, the delimiter or the container, a grid of text."""

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from bidopt.errors import FileRefused
from bidopt.ingest import values
from bidopt.ingest.containers import Source, is_workbook
from bidopt.ingest.sheets import first_sheet

HEAD_ROWS = 12
"""How far down a header may stand: title rows above it have been seen to take up ten."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD_CHARS = 100_000
_LONGEST_LINE = 100_000  # characters: the parsers end at little more, and no row of a report comes near
_MOST_BAD = 0.01  # more characters than that, and it is no text
_DELIMITERS = (",", "\t", ";")

Broken = list[tuple[int, str]]


@dataclass(frozen=True)
class Body:
    """The rows under a header.

    `cells` has a column a position and is indexed by row in the file (1 = its first line);
    `broken` holds the rows that cannot be split into the header's cells, as (row, text).
    """

    cells: pd.DataFrame
    broken: Broken


class Grid(Protocol):
    def head(self) -> list[list[str]]:
        """The first rows, each a list of cells."""

    def body(self, header_row: int, positions: Sequence[int]) -> Body:
        """The cells at `positions` of every row below row `header_row` (0 = the first)."""


def grids(source: Source) -> list[Grid]:
    """The ways to read `source`: one for a workbook, one a delimiter for text.

    Raises
    ------
    FileRefused
        When it is neither a workbook nor text.
    """
    if is_workbook(source.content, source.name):
        return [_Sheet(first_sheet(source))]
    text = _decoded(source)
    return [_Text(text, delimiter) for delimiter in _DELIMITERS]


@dataclass(frozen=True)
class _Sheet:
    rows: list[list[Any]]

    def head(self) -> list[list[str]]:
        return [[_cell_text(cell) for cell in row] for row in self.rows[:HEAD_ROWS]]

    def body(self, header_row: int, positions: Sequence[int]) -> Body:
        below = self.rows[header_row + 1 :]
        index = pd.RangeIndex(header_row + 2, header_row + 2 + len(below))
        columns = {p: pd.Series([_cell_text(row[p]) for row in below], index, dtype="str") for p in positions}
        return Body(pd.DataFrame(columns), [])


@dataclass(frozen=True)
class _Text:
    text: str
    delimiter: str

    def head(self) -> list[list[str]]:
        return [_split(line, self.delimiter) for line in self.text[:_HEAD_CHARS].split("\n")[:HEAD_ROWS]]

    def body(self, header_row: int, positions: Sequence[int]) -> Body:
        width = len(self.head()[header_row])
        above = header_row + 1
        text = [*self.text.split("\n", above), ""][above]
        text, unreadable = _without_unreadable(text, above)
        if not text.strip():
            return Body(pd.DataFrame({p: pd.Series([], dtype="str") for p in positions}), unreadable)
        cells, uneven = _parsed(text, self.delimiter, width, positions)
        broken = [(above + row, line) for row, line in uneven]
        rows = np.arange(above + 1, above + 1 + len(cells) + len(uneven))
        cells.index = pd.Index(np.setdiff1d(rows, [row for row, _ in broken]))
        return _mended(cells, unreadable + broken, self.delimiter, width, positions)


def _parsed(text: str, delimiter: str, width: int, positions: Sequence[int]) -> tuple[pd.DataFrame, Broken]:
    uneven: Broken = []

    def set_apart(row: pa_csv.InvalidRow) -> str:
        uneven.append((row.number, row.text))
        return "skip"

    names = [str(position) for position in range(width)]
    table = pa_csv.read_csv(
        pa.BufferReader(text.encode("utf-8", "replace")),
        pa_csv.ReadOptions(use_threads=False, column_names=names),  # rows are only numbered without threads
        pa_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=set_apart),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            include_columns=[str(position) for position in positions],
        ),
    )
    return table.to_pandas().set_axis(list(positions), axis="columns"), uneven


def _without_unreadable(text: str, above: int) -> tuple[str, Broken]:
    """Blank the lines that the parser fails at: an odd quote takes all up to the next one for one cell."""
    lines = text.split("\n")
    bad = [i for i, line in enumerate(lines) if len(line) > _LONGEST_LINE or line.count('"') % 2]
    broken = [(above + 1 + i, lines[i]) for i in bad]
    for i in bad:
        lines[i] = ""
    return ("\n".join(lines) if bad else text), broken


def _mended(cells: pd.DataFrame, broken: Broken, delimiter: str, width: int, positions: Sequence[int]) -> Body:
    """Take back the rows that only trail empty cells or are totals cut short."""
    taken: dict[int, list[str]] = {}
    lost: Broken = []
    for row, line in broken:
        fields = _split(line[:_LONGEST_LINE], delimiter)
        if line.count('"') % 2:
            fields = [field.strip('"') for field in line.split(delimiter)]
        short_total = len(fields) < width and values.total_marks(fields)[1].any()
        if short_total or (len(fields) >= width and not any(fields[width:])):
            padded = fields + [""] * width
            taken[row] = [padded[position] for position in positions]
        else:
            lost.append((row, line))
    if taken:
        mended = pd.DataFrame.from_dict(taken, orient="index", columns=list(positions), dtype="str")
        cells = pd.concat([cells.drop(index=[row for row in taken if row in cells.index]), mended]).sort_index()
    return Body(cells, lost)


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _decoded(source: Source) -> str:
    """A BOM decides, else strict UTF-8, else strict GB18030: detectors by frequency err on short files.

    Where none fits, a few bad bytes are let pass in the one that fits best: they cost their rows alone.
    """
    marked = next((name for bom, name in _BOMS if source.content.startswith(bom)), None)
    encodings = (marked,) if marked else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return _plain_ends(source.content.decode(encoding))
        except UnicodeDecodeError:
            continue
    text = min((source.content.decode(encoding, "replace") for encoding in encodings), key=_bad_characters)
    if _bad_characters(text) <= _MOST_BAD * len(text):
        return _plain_ends(text)
    raise FileRefused(
        f"{source.name}: 既不是文本也不是 Excel 文件 / is neither text (UTF-8, GB18030) nor an Excel file.",
        "请上传平台导出的 CSV、ZIP 或 XLSX / give the platform's CSV, ZIP or XLSX.",
    )


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bad_characters(text: str) -> int:
    return text.count(values.GARBLED)


def _cell_text(cell: Any) -> str:
    """A cell as Excel shows it: an id that Excel holds as a number has no `.0`."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
