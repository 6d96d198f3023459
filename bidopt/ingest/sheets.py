"""The sheets of a workbook, looked at before it is opened: the reader lays out every cell that a sheet spans."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from python_calamine import CalamineWorkbook

from bidopt.errors import FileRefused
from bidopt.ingest.containers import opened

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""What Excel itself holds."""
MOST_SPARSE, SPARSE_FREE = 20, 2_000_000
"""A sheet may span so many times the cells that it has, and so many in any case."""

Cells = TypeVar("Cells")

_CHUNK = 1 << 20
_DIGITS = 9  # of a row's number are enough to see that it is too large
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


def first_sheet(content: bytes, name: str) -> list[list[Any]]:
    """Every cell as Excel holds it, row by row.

    Straight from calamine: pandas would convert every cell of 77 columns, of which 30 are read.

    Raises
    ------
    FileRefused
        When it is no workbook, has a password, or spans far more cells than it has.
    """
    return _read(content, name, lambda workbook: workbook.get_sheet_by_index(0).to_python(skip_empty_area=False))


def every_sheet(content: bytes, name: str) -> dict[str, list[list[Any]]]:
    """The cells of each sheet by its name; raises as `first_sheet` does."""
    return _read(
        content,
        name,
        lambda workbook: {
            sheet: workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in workbook.sheet_names
        },
    )


def _read(content: bytes, name: str, cells: Callable[[CalamineWorkbook], Cells]) -> Cells:
    if content.startswith(b"PK"):  # an old one is no archive, and ends at 65,536 rows
        _refuse_vast(content, name)
    try:
        return cells(CalamineWorkbook.from_filelike(io.BytesIO(content)))
    except BaseException as error:  # a panic of the reader is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise FileRefused(
            f"{name}: Excel 文件打不开 / the workbook cannot be read ({error}).",
            "请去掉密码，另存为 XLSX 或 CSV / take the password off, save it as XLSX or CSV.",
        ) from None


def _refuse_vast(content: bytes, name: str) -> None:
    archive = opened(content, name)
    for info in archive.infolist():
        if info.filename.lower().endswith("workbook.bin"):
            raise FileRefused(
                f"{name}: 不读 XLSB / is an XLSB workbook.", "请另存为 XLSX 或 CSV / save it as XLSX or CSV."
            )
        if not info.filename.lower().endswith(".xml"):
            continue
        rows, columns, cells = _extent(_chunks(archive, info, name))
        vast = rows * columns > SPARSE_FREE + MOST_SPARSE * cells
        if vast or rows > MOST_ROWS or columns > MOST_COLUMNS:
            raise FileRefused(
                f"{name}: 工作表占 {rows} 行 {columns} 列，几乎全空 / a sheet spans {rows} x {columns} cells, "
                f"{cells} of them filled.",
                "请删掉表格以外的内容，或另存为 CSV / delete what lies outside the table, or save it as CSV.",
            )


def _extent(chunks: Iterator[bytes]) -> tuple[int, int, int]:
    """The last row and column of a sheet that hold a cell, and how many cells it has."""
    columns: set[bytes] = set()
    placed = cells = row = bare_row = 0
    for chunk in chunks:
        cells += len(_CELL.findall(chunk))
        for letters, number in _PLACE.findall(chunk):
            if letters:
                placed += 1
                columns.add(letters)
                row = max(row, int(number[:_DIGITS]))
            else:
                bare_row = max(bare_row, int(number[:_DIGITS]))
    if placed < cells:  # cells without a place stand where the rows are
        row = max(row, bare_row)
    return row, max((_column(letters) for letters in columns), default=1), cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The bytes of a member, cut where a tag begins, so that none is cut in two."""
    kept = b""
    try:
        with archive.open(info) as file:
            while chunk := file.read(_CHUNK):
                chunk = kept + chunk
                cut = max(chunk.rfind(b"<"), len(chunk) - _CHUNK)
                kept = chunk[cut:]
                yield chunk[:cut]
    except Exception:  # zipfile lets through whatever its decompressors raise
        raise FileRefused(
            f"{name}: 工作簿已损坏 / the workbook is damaged.", "请重新下载 / download it again."
        ) from None
    yield kept
