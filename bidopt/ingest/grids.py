"""Bytes to cells: whatever the encoding, the delimiter or the container, a grid of text."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from bidopt.errors import FileRefused
from bidopt.ingest import values
from bidopt.ingest.containers import Source, is_workbook
from bidopt.ingest.sheets import first_sheet
from bidopt.ingest.text import Body, Text, body, is_utf8, split

HEAD_ROWS = 12
"""How far down a header may stand: title rows above it have been seen to take up ten."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD_BYTES = 200_000
_CHECKED_BYTES = 1 << 22
_MOST_BAD = 0.01  # more characters than that, and it is no text
_DELIMITERS = (",", "\t", ";")


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
        return [_Sheet(first_sheet(source.content, source.name))]
    text = _text(source)
    return [_Table(text, delimiter, source) for delimiter in _DELIMITERS]


@dataclass(frozen=True)
class _Sheet:
    rows: list[list[Any]]

    def head(self) -> list[list[str]]:
        return [[_cell_text(cell) for cell in row] for row in self.rows[:HEAD_ROWS]]

    def body(self, header_row: int, positions: Sequence[int]) -> Body:
        below = self.rows[header_row + 1 :]
        index = pd.RangeIndex(header_row + 2, header_row + 2 + len(below))
        columns = {p: pd.Categorical([_cell_text(row[p]) for row in below]) for p in positions}
        return Body(pd.DataFrame(columns, index), [])


@dataclass(frozen=True)
class _Table:
    """Text whose cells are split by `delimiter`."""

    text: Text
    delimiter: str
    source: Source

    def head(self) -> list[list[str]]:
        return [split(line, self.delimiter) for line in self.text.lines(_HEAD_BYTES)[:HEAD_ROWS]]

    def body(self, header_row: int, positions: Sequence[int]) -> Body:
        width = len(self.head()[header_row])
        try:
            return body(self.text, header_row, self.delimiter, width, positions)
        except UnicodeDecodeError:
            return body(_with_gaps(self.source), header_row, self.delimiter, width, positions)


def _text(source: Source) -> Text:
    """A BOM decides, else strict UTF-8, else strict GB18030: detectors by frequency err on short files."""
    marked = next((name for bom, name in _BOMS if source.content.startswith(bom)), None)
    try:
        if marked == "utf-16":
            return Text(source.content.decode(marked).encode(), "utf-8")
        if is_utf8(source.content):
            return Text(source.content, "utf-8")
        if not marked:
            source.content[: source.content.find(b"\n", _CHECKED_BYTES) + 1 or None].decode("gb18030")
            return Text(source.content, "gb18030")  # what lies further is decoded where it is read
    except UnicodeDecodeError:
        pass
    return _with_gaps(source)


def _with_gaps(source: Source) -> Text:
    """Where no encoding fits, a few bad bytes are let pass in the one that fits best: they cost their rows alone."""
    marked = next((name for bom, name in _BOMS if source.content.startswith(bom)), None)
    encodings = (marked,) if marked else ("utf-8", "gb18030")
    text = min((source.content.decode(encoding, "replace") for encoding in encodings), key=_bad_characters)
    if _bad_characters(text) <= _MOST_BAD * len(text):
        return Text(text.encode("utf-8", "replace"), "utf-8")
    raise FileRefused(
        f"{source.name}: 既不是文本也不是 Excel 文件 / is neither text (UTF-8, GB18030) nor an Excel file.",
        "请上传平台导出的 CSV、ZIP 或 XLSX / give the platform's CSV, ZIP or XLSX.",
    )


def _bad_characters(text: str) -> int:
    return text.count(values.GARBLED)


def _cell_text(cell: Any) -> str:
    """A cell as Excel shows it: an id that Excel holds as a number has no `.0`."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
