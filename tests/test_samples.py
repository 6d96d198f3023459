"""Every sample file: read without a traceback, every row accounted for."""

import json
from pathlib import Path

import pytest

from bidopt import schema
from bidopt.errors import FileRefused
from bidopt.ingest import ReadFile, is_junk, read_file
from make_oddities import FOLDER, Oddity, oddities

SAMPLES = FOLDER.parent
NOT_EXPORTS = {".md", ".json"}


def exports() -> list[Path]:
    files = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and not is_junk(path.name))
    return [path for path in files if path.suffix not in NOT_EXPORTS]


def read(path: Path) -> list[ReadFile] | FileRefused:
    try:
        return read_file(path)
    except FileRefused as refusal:
        return refusal


@pytest.mark.parametrize("path", exports(), ids=lambda path: str(path.relative_to(SAMPLES)))
def test_every_row_is_accounted_for(path: Path) -> None:
    tables = read(path)
    if isinstance(tables, FileRefused):
        assert path.name in tables.message
        assert tables.hint
        return
    for table in tables:
        assert table.rows_read == len(table.frame) + table.merged + table.totals + len(table.set_aside)
        schema.check(schema.FRAMES[table.kind], table.frame)


def test_the_folder_holds_what_its_maker_makes() -> None:
    made = {oddity.name: oddity.content for oddity in oddities()}
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    assert made.keys() == expected.keys()
    for name, content in made.items():
        if not name.endswith(".xlsx"):  # a workbook's bytes are the writing library's affair
            assert (FOLDER / name).read_bytes() == content, name


@pytest.mark.parametrize("oddity", oddities(), ids=lambda oddity: oddity.name)
def test_an_oddity_is_counted_as_set_down_by_hand(oddity: Oddity) -> None:
    path = FOLDER / oddity.name
    if oddity.kept is None:
        with pytest.raises(FileRefused, match=path.stem):
            read_file(path)
        return
    tables = read_file(path)
    found = {
        "kept": sum(len(table.frame) for table in tables),
        "merged": sum(table.merged for table in tables),
        "totals": sum(table.totals for table in tables),
        "set_aside": sum(len(table.set_aside) for table in tables),
    }
    assert found == {name: getattr(oddity, name) for name in found}, tables[0].set_aside.to_string()
