"""Files that nobody should send: refused whole, or set aside by row, with one clear line; what was there stays."""

import csv
import datetime as dt
import io
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from bidopt import nightly
from bidopt.cells import RUNS, guarded
from bidopt.errors import FileRefused
from bidopt.ingest import ReadFile, read_file, shown_name, values
from bidopt.store import FileSummary, import_files, read_history
from bidopt.workspace import Workspace
from make_oddities import HEADER, STAMP, WORDS_HEADER, row, table, workbook, zipped
from simulated import shop, workspace_with

GOOD = table(HEADER, row(1), row(2)).encode("gb18030")
LATER = dt.date(2026, 7, 9)
WORD = "词名字/词包名字"


def read(folder: Path, content: bytes, name: str = f"报表_{STAMP}.csv") -> ReadFile:
    path = folder / name
    path.write_bytes(content)
    return read_file(path)[0]


def packed(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        archive.writestr("报表.csv", content)
    return bytearray(sink.getvalue())


def flipped(content: bytearray, places: range) -> bytes:
    for place in places:
        content[place] ^= 0x3C
    return bytes(content)


def patched(content: bytearray, mark: bytes, offset: int, value: int) -> bytes:
    content[content.rfind(mark) + offset] = value
    return bytes(content)


def sheet_with(cells: str) -> bytes:
    """A good workbook whose sheet also holds `cells`, as XML."""
    good, sink = io.BytesIO(workbook([[*line.split(",")] for line in (HEADER, row(1))])), io.BytesIO()
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"</sheetData>", cells.encode() + b"</sheetData>")
            new.writestr(name, part)
    return sink.getvalue()


def torn_sheet() -> bytes:
    content = bytearray(sheet_with(""))
    start = content.find(b"sheet1.xml")
    return flipped(content, range(start + 20, start + 60))


def random_bytes(count: int) -> bytes:
    """The same rubbish each time."""
    return b"".join((n * 2654435761 % 2**32).to_bytes(4, "little") for n in range(1, count // 4))


REFUSED = {
    "rubbish": (random_bytes(5000), "neither text"),
    "a member without a name": (zipped({"": GOOD}), "holds no table"),
    "a climbing path": (zipped({"../../报表.csv": GOOD}), "leave it"),
    "a path with a drive": (zipped({"C:\\报表.csv": GOOD}), "leave it"),
    "a stream cut short": (bytes(packed(GOOD * 50))[:-90], "is damaged"),
    "a torn deflate stream": (flipped(packed(random_bytes(9000)), range(60, 3000, 7)), "is damaged"),
    "a torn LZMA stream": (flipped(packed(GOOD * 30, zipfile.ZIP_LZMA), range(50, 120, 3)), "is damaged"),
    "a version to come": (patched(packed(GOOD), b"PK\x01\x02", 6, 255), "is damaged"),
    "a password": (patched(packed(GOOD), b"PK\x01\x02", 8, 1), "is encrypted"),
    "a bomb": (bytes(packed(b"0" * 20_000_000)), "a zip bomb"),
    "a torn sheet": (torn_sheet(), "the workbook is damaged"),
    "a bomb in a workbook in a zip": (zipped({"a.xlsx": sheet_with(" " * 20_000_000)}), "a zip bomb"),
    "half a workbook in a zip": (zipped({"a.xlsx": workbook([])[:900]}), "is damaged"),
    "a cell in the last corner": (sheet_with('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "spans"),
    "a cell without its place": (sheet_with('<row r="999999"><c><v>1</v></c></row>'), "spans"),
    "a row beyond Excel": (sheet_with(f'<row r="9"><c r="A{"9" * 5000}"><v>1</v></c></row>'), "spans"),
    "a million empty rows": (sheet_with('<row r="1048576"><c r="Q1048576" t="str"><v> </v></c></row>'), "spans"),
    "a sheet that ends midway": (sheet_with('<row r="9"><c r="A9"><v>'), "cannot be read"),
    "a text that is not there": (sheet_with('<row r="9"><c r="A9" t="s"><v>99999</v></c></row>'), "cannot be read"),
    "a binary workbook": (zipped({"xl/workbook.bin": b"x"}), "XLSB"),
    "half an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read"),
    "a column twice": (table(HEADER + ",花费", row(1) + ",999").encode(), "“花费”列出现两次"),
    "a sum of days": (table(HEADER, row(1, "2026-06-01~2026-06-30")).encode(), "a sum of days"),
}

SET_ASIDE = {
    "a whole line of one cell": (row(2, **{WORD: "词" * 2_000_000}), "列数与表头不符"),
    "a torn line of 200,000": (row(2, **{WORD: "词" * 200_000}) + ",,,9", "列数与表头不符"),
    "a name of 5,000": (row(2, **{WORD: "词" * 5000}), "over 255 characters"),
    "NUL": (row(2, **{WORD: "模拟\x00词"}), "garbled"),
    "what clears a terminal": (row(2, **{WORD: "\x1b[2J词"}), "garbled"),
    "1e308": (row(2, figures="1e308,24,46.08,0,0"), "impossibly large"),
    "a spend of 1e308": (row(2, figures="1000,24,1e308,0,0"), "impossibly large"),
    "beyond 64 bits": (row(2, figures="99999999999999999999,24,1,0,0"), "impossibly large"),
    "infinity": (row(2, figures="1000,24,inf,0,0"), "not a number"),
    "below 0": (row(2, figures="1000,-24,46.08,0,0"), "below 0"),
    "half a click": (row(2, figures="1000,2.5,46.08,0,0"), "not a whole number"),
    "more clicks than impressions": (row(2, figures="10,24,46.08,0,0"), "more clicks than impressions"),
    "money for no click": (row(2, figures="1000,0,46.08,0,0"), "spend without a click"),
    "a click of 100,000 yuan": (row(2, figures="1000,1,100000,0,0"), "an impossible cost a click"),
    "orders out of nothing": (row(2, figures="1000,24,46.08,99,5000"), "far more orders than clicks"),
    "tomorrow": (row(2, "2026-07-06"), "after the download"),
    "a year before the rest": (row(2, "2025-07-02"), "a year from the rest"),
    "the year 1": (row(2, "0001-01-01"), "not a date"),
    "佛历": (row(2, "2569-07-04"), "not a date"),
    "回历": (row(2, "1448-01-19"), "not a date"),
    "30 February": (row(2, "2026-02-30"), "not a date"),
    "an id that Excel destroyed": (row(2, **{"计划ID": "9.00E+10"}), "Excel destroyed this id"),
}


@pytest.fixture
def held(tmp_path: Path) -> Workspace:
    """A workspace with a history of one row."""
    workspace = Workspace(tmp_path / "shop")
    put(workspace, tmp_path / "报表_20260704_093000.csv", table(HEADER, row(1, "2026-07-03")).encode())
    return workspace


def put(workspace: Workspace, path: Path, content: bytes) -> FileSummary:
    path.write_bytes(content)
    return import_files(workspace, [path], lambda _: None).files[0]


@pytest.mark.parametrize("case", REFUSED)
def test_refused_whole(held: Workspace, tmp_path: Path, case: str) -> None:
    content, says = REFUSED[case]
    before = read_history(held, LATER)
    told = put(held, tmp_path / f"报表_{STAMP}.csv", content)
    assert told.status == "refused"
    assert says in told.message
    assert "\n" not in told.message
    assert "读不了" not in told.message  # foreseen, not merely caught
    assert told.hint
    assert told.message.startswith(f"报表_{STAMP}.csv")
    pd.testing.assert_frame_equal(read_history(held, LATER).days, before.days)


@pytest.mark.parametrize("case", SET_ASIDE)
def test_set_aside_by_row(tmp_path: Path, case: str) -> None:
    line, says = SET_ASIDE[case]
    file = read(tmp_path, table(HEADER, row(1), line, row(3)).encode())
    assert file.frame["keyword"].tolist() == ["模拟词1", "模拟词3"]
    assert file.set_aside["row"].tolist() == [3]
    assert says in file.set_aside["reason"].iloc[0]
    assert len(file.set_aside["text"].iloc[0]) <= 5000
    assert file.rows_read == 3


def test_tables_hold_no_impossible_bid_and_0_is_none(tmp_path: Path) -> None:
    line = "2026-07-05,90000000001,80000000001,600123400001,{},模拟词,精准,{},{},推广中"
    lines = [line.format(1, 1.2, 8), line.format(2, 0, 0), line.format(3, 1001, 8), line.format(4, 1.2, 99)]
    words = read(tmp_path, table(WORDS_HEADER, *lines).encode())
    assert words.frame["keyword_id"].tolist() == ["1", "2"]
    assert words.frame[["bid", "quality_score"]].iloc[1].isna().all()
    assert len(words.set_aside) == 2
    plans = read(tmp_path, table("计划ID,日预算", "1,0", "2,300").encode())
    assert plans.frame["budget"].isna().tolist() == [True, False]


def test_names_that_look_the_same_are_the_same(tmp_path: Path) -> None:
    names = ["\u202e连衣裙\u202c", "连衣\u200b裙", "\ufeff连衣裙"]
    lines = [row(1, f"2026-07-0{day}", **{WORD: name}) for day, name in enumerate(names, 1)]
    file = read(tmp_path, table(HEADER, *lines, row(2, **{WORD: "👗连衣裙"})).encode())
    assert file.frame["keyword"].unique().tolist() == ["连衣裙", "👗连衣裙"]


def test_styles_far_below_the_table_do_no_harm(tmp_path: Path) -> None:
    """A sheet formatted to its last row, as one click in Excel makes it."""
    file = read(tmp_path, sheet_with('<row r="1048576" ht="15"/>'), f"报表_{STAMP}.xlsx")
    assert len(file.frame) == file.rows_read == 1


def test_no_file_takes_more_memory_than_its_size_allows(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="Windows tells it otherwise")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for case in ("a bomb", "a cell in the last corner", "a million empty rows", "a row beyond Excel"):
        with pytest.raises(FileRefused):
            read(tmp_path, REFUSED[case][0])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_files_are_known_by_names_that_people_can_read(held: Workspace, tmp_path: Path) -> None:
    """GBK names of archives unpacked on Linux, the longest there can be, and names that run in Excel."""
    bad = table(HEADER, row(1), row(2, figures="-1,0,0,0,0")).encode()
    gbk = os.fsdecode("报表".encode("gb18030") + b"_20260705_093000.csv")
    names = [gbk, "报" * 83 + ".csv", "=cmd()_20260705_100000.csv", "清\x1b[2J屏.csv"]
    for number, name in enumerate(names):
        path = tmp_path / name
        path.write_bytes(bad.replace(b"1000", str(1000 + number).encode()))
        os.utime(path, (1783216800, 1783216800))
        told = import_files(held, [path], lambda _: None).files[0]
        assert (told.status, told.set_aside) == ("imported", 1)
        assert told.name.isprintable()
    assert shown_name(tmp_path / gbk) == "报表_20260705_093000.csv"
    kept = sorted((held.data / "set_aside").glob("*.csv"))
    assert len(kept) == len(names)
    for path in kept:
        for cells in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
            assert not any(cell.startswith(tuple(set(RUNS) - {"\t"})) for cell in cells)


def test_a_file_that_went_away_is_refused(held: Workspace, tmp_path: Path) -> None:
    told = import_files(held, [tmp_path / "gone.csv"], lambda _: None).files[0]
    assert (told.status, os.strerror(2) in told.message) == ("refused", True)


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "大.csv"
    path.touch()
    os.truncate(path, 4_000_000_001)  # a hole: it takes no room
    with pytest.raises(FileRefused, match="超过 4 GB"):
        read_file(path)


def test_names_and_times_in_archives_that_are_none_are_passed_over(tmp_path: Path) -> None:
    """A download time that no calendar has, a member dated 1980 or 31 February, a name that is not GBK."""
    for name, stamp in (("报表_20261399_093000.zip", (1980, 1, 1, 0, 0, 0)), ("b.zip", (2026, 2, 31, 0, 0, 0))):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.csv", stamp), GOOD)
        os.utime(path, (1783216800, 1783216800))
        assert read_file(path)[0].downloaded_at == dt.datetime(2026, 7, 5, 10)
    content = zipped({"aXcsv": GOOD, "b.csv": GOOD}).replace(b"aXcsv", b"a\xffcsv")
    (tmp_path / "c.zip").write_bytes(content)
    assert len(read_file(tmp_path / "c.zip")) == 2


def test_what_a_reader_trips_over_costs_that_file_alone(
    held: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("bidopt.store.imports.read_source", out_of_memory)
    told = put(held, tmp_path / f"报表_{STAMP}.csv", GOOD)
    assert (told.status, "MemoryError" in told.message, bool(told.hint)) == ("refused", True, True)


def test_of_two_files_that_contradict_each_other_one_counts_whole(tmp_path: Path) -> None:
    figures = ("1000,24,46.08,399.00,1", "900,60,90,0,0")
    paths = [tmp_path / f"{name}_{STAMP}.csv" for name in "ab"]
    for path, one in zip(paths, figures, strict=True):
        path.write_bytes(table(HEADER, row(1, figures=one)).encode())
    for order in (paths, paths[::-1]):
        workspace = Workspace(tmp_path / order[0].stem)
        import_files(workspace, order, lambda _: None)
        days = read_history(workspace, LATER).days
        assert days[["impressions", "clicks", "spend", "orders"]].to_numpy().tolist() == [[1000, 24, 46.08, 1]]


@pytest.mark.parametrize("text", [f"{start}1+1" for start in RUNS] + ["12345678901234567", "连衣裙"])
def test_a_guarded_cell_reads_back(text: str) -> None:
    assert guarded(text)[0] not in {*RUNS} - {"\t"}
    assert values.names([guarded(text)])[0][0] == text.strip()


def test_a_night_lives_through_odd_rows_and_its_cells_never_run(tmp_path: Path) -> None:
    """Words that are formulas, no bid, no budget, orders without clicks: odd but possible."""
    played = shop("lognormal", 20, 3)
    day, before = played.day, str(played.day - dt.timedelta(days=1))
    workspace = workspace_with(tmp_path / "shop", played.exports, "[budget]\ndaily_cap = 300\n")
    stamp = f"{day:%Y%m%d}_093000"
    words = ["=1+1", "＝1+1", "@cmd", "-1", "😀", "词" * 200, "<script>alert(1)</script>"]
    lines = [row(n, before, "1000,24,20,300,3", **{WORD: word}) for n, word in enumerate(words)]
    lines += [row(20, before, "1000,0,0,300,1"), row(21, before, "900000000,3,3,0,0")]
    bids = [f"{day},90000000001,80000000001,600123400001,{500123400000 + n},词{n},精准,0,0,推广中" for n in range(9)]
    for name, head, told in (("报表", HEADER, lines), ("出价表", WORDS_HEADER, bids)):
        (workspace.inbox / f"{name}_{stamp}.csv").write_bytes(table(head, *told).encode())
    (workspace.inbox / f"计划表_{stamp}.csv").write_bytes(table("计划ID,日预算", "90000000001,0").encode())
    night = nightly.run(workspace, day, lambda _: None)
    assert {file.set_aside for file in night.summary.files} == {0}
    written = night.run_dir / "bids.csv"
    for line in csv.DictReader(io.StringIO(written.read_text("utf-8-sig"), newline="")):
        assert not any(cell.startswith(tuple(set(RUNS) - {"\t"})) for name, cell in line.items() if name != "变动幅度")
    assert "<script>alert(1)" not in (night.run_dir / "report.html").read_text("utf-8")
