"""Text to cells, whatever the encoding: parsed in blocks side by side, each distinct cell decoded once.

In the encodings that come, the bytes of delimiters, quotes and line ends are never part of another character, so that
rows are split before they are decoded.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from bidopt import cores
from bidopt.ingest import values

LONGEST_LINE = 100_000  # bytes: the parsers end at little more, and no row of a report comes near
_BLOCK = 1 << 25  # bytes: some 100,000 rows
_CHUNK = 1 << 20  # bytes of a block that are parsed at once: they stay in the processor's cache
_NEWLINE, _RETURN, _QUOTE, _SPACE = b'\n\r" '
_LINE_END = re.compile(rb"\r\n?|\n")
_NOTHING = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))

Broken = list[tuple[int, str]]


@dataclass(frozen=True)
class Body:
    """The rows under a header.

    `cells` has a column a position, each a categorical of text, and is indexed by row in the file (1 = its first
    line); `broken` holds the rows that cannot be split into the header's cells, as (row, text).
    """

    cells: pd.DataFrame
    broken: Broken


@dataclass(frozen=True)
class Text:
    """Bytes and their encoding: UTF-8, with or without its mark, or GB18030."""

    content: bytes
    encoding: str

    def lines(self, most_bytes: int) -> list[str]:
        """The lines within the first `most_bytes`, the last one perhaps cut short."""
        first = self.content[:most_bytes].decode(self.encoding, "replace").removeprefix("\ufeff")
        return first.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def is_utf8(content: bytes) -> bool:
    """Whether Python could decode `content`, without the memory that this takes."""
    ends, text = pa.py_buffer(np.array([0, len(content)], np.int64)), pa.py_buffer(content)
    try:
        pa.Array.from_buffers(pa.large_utf8(), 1, [None, ends, text]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def body(text: Text, header_row: int, delimiter: str, width: int, positions: Sequence[int]) -> Body:
    """The cells at `positions` of every row below `header_row` (0 = the first), of which each has `width`.

    Raises
    ------
    UnicodeDecodeError
        When a cell to be read is not in the text's encoding.
    """
    above = header_row + 1
    ends = (found.end() for found in islice(_LINE_END.finditer(text.content), header_row, above))
    start = next(ends, len(text.content))
    spans = _spans(text.content, start)
    with cores.pool(len(spans), 2) as pool:
        blocks = list(pool.map(lambda span: _block(text, span, delimiter, width, positions), spans))
    rows = np.cumsum([above, *(block.n_lines for block in blocks)])[:-1]
    broken = [(int(row) + line, told) for row, block in zip(rows, blocks, strict=True) for line, told in block.broken]
    unread = [int(row) + line for row, block in zip(rows, blocks, strict=True) for line in block.uneven]
    index = np.arange(above + 1, above + 1 + sum(block.n_lines for block in blocks))
    cells = {p: _joined([block.columns[p] for block in blocks]) for p in positions}
    frame = pd.DataFrame(cells, index=pd.Index(np.setdiff1d(index, unread) if unread else index))
    return _mended(Body(frame, broken), delimiter, width) if broken else Body(frame, [])


@dataclass(frozen=True)
class _Block:
    """`uneven`: the lines (1 = the block's first) that have no row in `columns`."""

    n_lines: int
    columns: dict[int, pa.DictionaryArray]
    uneven: list[int]
    broken: Broken


def _spans(content: bytes, start: int) -> list[slice]:
    """Whole lines, some `_BLOCK` bytes at a time."""
    spans = []
    while start < len(content):
        stop = content.find(b"\n", min(start + _BLOCK, len(content))) + 1 or len(content)
        spans.append(slice(start, stop))
        start = stop
    return spans


def _block(text: Text, span: slice, delimiter: str, width: int, positions: Sequence[int]) -> _Block:
    raw = _plain_ends(np.frombuffer(memoryview(text.content)[span], np.uint8))
    ends = np.flatnonzero(raw == _NEWLINE)
    starts = np.concatenate([[0], ends + 1])
    bad = _unreadable(raw, ends, starts)
    stops = np.append(ends, len(raw))
    content = raw if not len(bad) else _blanked(raw, bad, starts, stops)
    encoding = text.encoding
    if not (content[:_CHUNK] > _SPACE).any() and not (content > _SPACE).any():
        none = dict.fromkeys(positions, _NOTHING)
        return _Block(len(ends), none, [], [(int(i) + 1, _line(raw[starts[i] : stops[i]], encoding)) for i in bad])
    try:
        table, uneven = _parsed(content, delimiter, width, positions, encoding)
    except (UnicodeDecodeError, pa.ArrowInvalid):  # a row that cannot be split is told in UTF-8 alone
        content = np.frombuffer(content.tobytes().decode(encoding, "replace").encode(), np.uint8)
        encoding = "utf-8"
        table, uneven = _parsed(content, delimiter, width, positions, encoding)
    lines = sorted({*bad.tolist(), *(row - 1 for row in uneven)})
    told = [(i + 1, _line(raw[starts[i] : stops[i]], text.encoding)) for i in lines]
    columns = {p: _decoded(table.column(str(p)), encoding) for p in positions}
    return _Block(len(table) + len(uneven), columns, uneven, told)


def _plain_ends(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The block with `\\n` in the place of each `\\r` that stands alone."""
    returns = np.flatnonzero(raw == _RETURN)
    alone = returns[raw[np.minimum(returns + 1, len(raw) - 1)] != _NEWLINE]
    if not len(alone):
        return raw
    raw = raw.copy()
    raw[alone] = _NEWLINE
    return raw


def _unreadable(
    raw: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """The lines that the parser fails at: an odd quote takes all up to the next one for one cell."""
    bad = np.diff(np.append(starts, len(raw) + 1)) > LONGEST_LINE
    quotes = np.flatnonzero(raw == _QUOTE)
    if len(quotes):
        bad |= np.bincount(np.searchsorted(ends, quotes), minlength=len(starts)) % 2 == 1
    return np.flatnonzero(bad)


def _blanked(
    raw: npt.NDArray[np.uint8], bad: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], stops: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint8]:
    """The block with nothing in the `bad` lines."""
    keep = np.ones(len(raw), bool)
    for line in bad:
        keep[starts[line] : stops[line]] = False
    return raw[keep]


def _line(raw: npt.NDArray[np.uint8], encoding: str) -> str:
    return raw.tobytes().decode(encoding, "replace").removesuffix("\r")


def _parsed(
    content: npt.NDArray[np.uint8], delimiter: str, width: int, positions: Sequence[int], encoding: str
) -> tuple[pa.Table, list[int]]:
    """The columns at `positions`, and the lines (1 = the first) that have another number of cells.

    Raises
    ------
    ArrowInvalid
        When there are such lines and the encoding is not UTF-8.
    """
    uneven: list[int] = []

    def set_apart(row: pa_csv.InvalidRow) -> str:
        uneven.append(row.number)
        return "skip"

    names = [str(position) for position in range(width)]
    told = set_apart if encoding == "utf-8" else None  # it is given the row as a str
    table = pa_csv.read_csv(
        pa.BufferReader(pa.py_buffer(content)),
        # rows are only numbered without threads
        pa_csv.ReadOptions(use_threads=False, column_names=names, block_size=_CHUNK),
        pa_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=told),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.binary())),
            strings_can_be_null=False,
            include_columns=[str(position) for position in positions],
        ),
    )
    return table, uneven


def _decoded(column: pa.ChunkedArray, encoding: str) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    if not len(whole):
        return _NOTHING
    if encoding == "utf-8":
        return pa.DictionaryArray.from_arrays(whole.indices, whole.dictionary.cast(pa.string()))
    # no cell has a line end in it
    texts = b"\n".join(whole.dictionary.to_pylist()).decode(encoding).split("\n")
    return pa.DictionaryArray.from_arrays(whole.indices, pa.array(texts, pa.string()))


def _joined(parts: list[pa.DictionaryArray]) -> pd.Categorical:
    """One column of all blocks."""
    chunks = pa.chunked_array(parts, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries().chunks
    codes = np.concatenate([np.zeros(0, np.int32), *(chunk.indices.to_numpy() for chunk in chunks)])
    texts = pd.Index(chunks[0].dictionary.to_pylist() if chunks else [], dtype="str")
    if texts.is_unique:
        return pd.Categorical.from_codes(codes, texts)
    same, distinct = pd.factorize(texts)  # different bytes that stand for one text
    return pd.Categorical.from_codes(same[codes], distinct)


def _mended(found: Body, delimiter: str, width: int) -> Body:
    """Take back the rows that only trail empty cells or are totals cut short."""
    positions: list[Any] = list(found.cells)
    taken: dict[int, list[str]] = {}
    lost: Broken = []
    for row, line in found.broken:
        fields = split(line[:LONGEST_LINE], delimiter)
        if line.count('"') % 2:
            fields = [field.strip('"') for field in line.split(delimiter)]
        short_total = len(fields) < width and values.total_marks(fields).any()
        if short_total or (len(fields) >= width and not any(fields[width:])):
            padded = fields + [""] * width
            taken[row] = [padded[position] for position in positions]
        else:
            lost.append((row, line))
    if not taken:
        return Body(found.cells, lost)
    cells = found.cells.drop(index=[row for row in taken if row in found.cells.index])
    mended = pd.DataFrame.from_dict(taken, orient="index", columns=positions, dtype="str")
    index = np.concatenate([cells.index, list(taken)]).astype(np.int64)
    both = {
        p: pd.api.types.union_categoricals([cells[p].array, pd.Categorical(mended[p])]).take(np.argsort(index))
        for p in positions
    }
    return Body(pd.DataFrame(both, index=pd.Index(np.sort(index))), lost)


def split(line: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    return next(csv.reader([line], delimiter=delimiter), [])
