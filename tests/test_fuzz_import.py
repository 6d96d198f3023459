"""Real exports, mutated by byte and by cell: read or refused, every row accounted for, nothing harmed before it."""

import datetime as dt
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bidopt.errors import FileRefused
from bidopt.ingest import read_file
from bidopt.schema import FRAMES, check
from bidopt.store import import_files, read_history
from bidopt.workspace import Workspace
from make_oddities import FOLDER, HEADER, row, table, workbook, zipped

NAME = "报表_20260705_093000.csv"
TODAY = dt.date(2026, 7, 9)
RARELY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

Bytes = Callable[[bytes], bytes]
Cut = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "1e308",
            "-1",
            "NaN",
            "合计",
            "2026-07-04",
            "9999-12-31",
            "20260701至20260704",
            "=1+1",
            '"',
            "\x00",
            "词" * 6000,
        ]
    ),
)


def replaced(place: int, new: bytes) -> Bytes:
    return lambda old: old[: place % (len(old) + 1)] + new + old[place % (len(old) + 1) + len(new) :]


def without(cut: tuple[int, int]) -> Bytes:
    return lambda old: old[: cut[0] % (len(old) + 1)] + old[cut[0] % (len(old) + 1) + cut[1] % 50 :]


def repeated(cut: tuple[int, int]) -> Bytes:
    return lambda old: old[: cut[0] % (len(old) + 1)] + old[cut[1] % (len(old) + 1) :]


MUTATION = st.one_of(
    st.builds(replaced, st.integers(0, 10_000), st.binary(min_size=1, max_size=4)),
    st.builds(without, Cut),
    st.builds(repeated, Cut),
)
SAMPLES = [path for path in sorted(FOLDER.iterdir()) if path.suffix != ".json"]


def unpacked(path: Path) -> bytes:
    """The table itself, so that a mutation reaches the rows and not the checksum."""
    if zipfile.is_zipfile(path) and path.suffix != ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
    return path.read_bytes()


def assert_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(content)
        try:
            files = read_file(path)
        except FileRefused:
            return
        for file in files:
            assert file.rows_read == len(file.frame) + file.merged + file.totals + len(file.set_aside)
            assert (file.set_aside["reason"] != "").all()
            check(FRAMES[file.kind], file.frame)


@RARELY
@given(st.sampled_from(SAMPLES), st.lists(MUTATION, min_size=1, max_size=6), st.booleans())
def test_bytes(sample: Path, mutations: list[Bytes], pack: bool) -> None:
    content = unpacked(sample)
    for mutate in mutations:
        content = mutate(content)
    assert_read_or_refused(zipped({"报表.csv": content}) if pack else content)


@RARELY
@given(st.sampled_from(SAMPLES), st.lists(MUTATION, min_size=1, max_size=3))
def test_bytes_of_containers(sample: Path, mutations: list[Bytes]) -> None:
    content = sample.read_bytes()
    for mutate in mutations:
        content = mutate(content)
    assert_read_or_refused(content)


@RARELY
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 16), CELLS), max_size=5), st.booleans())
def test_cells(changes: list[tuple[int, int, str]], as_workbook: bool) -> None:
    grid: list[list[str | float]] = [[*line.split(",")] for line in (HEADER, row(1), row(2), row(1))]
    for place, column, cell in changes:
        grid[place][column] = cell[:30_000]
    text = table(*(",".join(map(str, cells)) for cells in grid))
    assert_read_or_refused(workbook(grid) if as_workbook else text.encode("utf-8", "replace"))


@settings(RARELY, max_examples=10)
@given(st.lists(MUTATION, max_size=4))
def test_an_import_accounts_for_every_row_and_harms_nothing(mutations: list[Bytes]) -> None:
    content = table(HEADER, row(1), row(1, "2026-07-03"), row(2)).encode()
    for mutate in mutations:
        content = mutate(content)
    with tempfile.TemporaryDirectory() as name:
        workspace, path = Workspace(Path(name) / "shop"), Path(name) / NAME
        first = Path(name) / "报表_20260703_093000.csv"
        first.write_bytes(table(HEADER, row(9, "2026-07-01")).encode())
        import_files(workspace, [first], lambda _: None)
        before = read_history(workspace, TODAY).days
        path.write_bytes(content)
        (told,) = import_files(workspace, [path], lambda _: None).files
        assert told.rows_read == told.stored + told.merged + told.totals + told.set_aside
        assert "读不了" not in told.message
        after = read_history(workspace, TODAY).days
        if told.status == "refused":
            pd.testing.assert_frame_equal(after, before)
        assert len(after) == len(before) + told.stored - told.replaced or told.kind != "keyword_day"
        assert (after["keyword_id"] == before["keyword_id"].iloc[0]).any()
