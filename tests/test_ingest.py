"""What a reader makes of the cells of an export."""

import datetime as dt
import os
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidopt import ingest, store
from bidopt.errors import FileRefused
from bidopt.ingest import ReadFile, containers, is_junk, layout, read_file, values
from bidopt.ingest.text import is_utf8
from make_oddities import FOLDER, HEADER, STAMP, row, table


def oddity(name: str) -> ReadFile:
    return read_file(FOLDER / name)[0]


def export(folder: Path, *lines: str, name: str = f"报表_{STAMP}.csv") -> ReadFile:
    path = folder / name
    path.write_bytes(table(HEADER, *lines).encode())
    return read_file(path)[0]


@pytest.mark.parametrize("package", [ingest, store])
def test_what_is_public_is_what_is_exported(package: ModuleType) -> None:
    public = {name for name, value in vars(package).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert public == set(package.__all__)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        (f"无界_{STAMP}.zip", "keyword_day", "wujie"),
        (f"直通车_{STAMP}.zip", "keyword_day", "simba"),
        (f"分_{STAMP}.csv", "keyword_day", "simba"),
        (f"后台复制_{STAMP}.txt", "keyword_day", "console"),
        (f"京东快车_{STAMP}.csv", "keyword_day", "jd"),
        (f"出价表_{STAMP}.csv", "words", "words"),
        (f"计划表_{STAMP}.csv", "plans", "plans"),
        (f"宝贝表_{STAMP}.csv", "items", "items"),
    ],
)
def test_a_layout_is_known_by_its_header(name: str, kind: str, found: str) -> None:
    read = oddity(name)
    assert (read.kind, read.layout) == (kind, found)


@pytest.mark.parametrize(
    ("name", "quality_score", "budget"),
    [("报表带出价", [np.nan, np.nan], [300, np.nan]), ("报表带质量分", [9, np.nan], [np.nan, np.nan])],
)
def test_a_report_may_carry_bid_rank_quality_and_budget(
    name: str, quality_score: list[float], budget: list[float]
) -> None:
    read = oddity(f"{name}_{STAMP}.csv")
    assert (read.layout, read.unknown_columns) == ("simba", ())
    expected = {"bid": [1.2, 1.1], "rank": [3.5, np.nan], "quality_score": quality_score, "budget": budget}
    pd.testing.assert_frame_equal(read.frame[list(expected)], pd.DataFrame(expected, dtype=float))


def test_a_bid_is_read_from_a_report_of_any_layout(tmp_path: Path) -> None:
    path = tmp_path / f"报表_{STAMP}.csv"
    jd = "日期,营销场景,计划ID,单元ID,关键词,花费,展现数,点击数,出价"
    for header, line in (
        (HEADER + ",计算机出价", row(1) + ",1.50"),
        (jd, "2026-07-04,快车,1,2,模拟词1,46.08,1000,24,1.50"),
    ):
        path.write_text(table(header, line), "utf-8")
        read = read_file(path)[0]
        assert (read.frame["bid"].tolist(), read.unknown_columns) == ([1.5], ())


def test_money_in_fen_becomes_yuan() -> None:
    frame = oddity(f"分_{STAMP}.csv").frame
    assert frame[["spend", "gmv"]].to_numpy().tolist() == [[46.08, 399.0]]


def test_every_way_to_write_a_day_is_one_day() -> None:
    assert set(oddity(f"日期写法_{STAMP}.csv").frame["date"]) == {pd.Timestamp("2026-07-04")}
    assert set(oddity(f"工作簿_{STAMP}.xlsx").frame["date"]) == {pd.Timestamp("2026-07-04")}


def test_numbers_lose_their_ornaments() -> None:
    frame = oddity(f"数字写法_{STAMP}.csv").frame
    assert frame["impressions"].tolist() == [1234, 1234]
    assert frame["spend"].tolist() == [1046.08, 46.08]


def test_a_blank_count_beside_figures_is_none_and_an_absent_column_is_unknown() -> None:
    frame = oddity(f"后台复制_{STAMP}.txt").frame
    assert frame["clicks"].tolist() == [24, 0]
    assert frame["spend"].tolist() == [46.08, 0.0]
    assert frame["orders"].isna().all()
    assert frame["gmv"].isna().all()
    assert np.array_equal(frame["rank"], [3.5, np.nan], equal_nan=True)


def test_guards_come_off_ids_and_destroyed_ones_are_named() -> None:
    read = oddity(f"ID写法_{STAMP}.csv")
    assert read.frame["campaign_id"].tolist() == ["90000000001"] * 2
    assert read.frame["keyword_id"].tolist() == ["500123400001", "500123400002"]
    assert read.frame["item_id"].tolist() == ["600123400001"] * 2
    assert read.set_aside["row"].tolist() == [4, 5]
    assert read.set_aside["reason"].str.contains("Excel").all()


def test_a_bad_row_is_named_by_its_line_and_what_is_wrong() -> None:
    lost = oddity(f"坏行_{STAMP}.csv").set_aside
    assert lost["row"].tolist() == list(range(3, 12))
    words = ["below 0", "not a number", "no date", "no word", "more clicks", "after", "not a date", "spend", "whole"]
    for reason, word in zip(lost["reason"], words, strict=True):
        assert word in reason


def test_a_torn_row_costs_itself_alone() -> None:
    read = oddity(f"断行_{STAMP}.csv")
    assert read.frame["keyword"].tolist() == [f"模拟词{n}" for n in (1, 3, 4, 5, 6)]
    assert read.frame["item_name"].tolist()[3] == "27寸模拟宝贝"
    assert read.set_aside["row"].tolist() == [3]


def test_of_two_claims_the_fuller_stays_whatever_their_order(tmp_path: Path) -> None:
    lines = [row(1, figures="900,20,40,500,2"), row(1, figures="1000,24,46.08,399,1")]
    frames = [export(tmp_path, *order).frame for order in (lines, lines[::-1])]
    assert frames[0]["impressions"].tolist() == [1000]
    pd.testing.assert_frame_equal(frames[0], frames[1])


def test_parts_of_a_row_are_added_up() -> None:
    frame = oddity(f"二级场景_{STAMP}.csv").frame
    assert frame[["impressions", "clicks", "spend", "orders"]].to_numpy().tolist() == [[2000, 48, 92.16, 2]]


def test_a_file_without_ids_is_told_apart_by_names(tmp_path: Path) -> None:
    header = "日期,计划名字,词名字/词包名字,展现量,点击量,花费"
    path = tmp_path / f"报表_{STAMP}.csv"
    path.write_text(table(header, "2026-07-04,A,词,10,1,1", "2026-07-04,B,词,20,1,1"), "utf-8")
    read = read_file(path)[0]
    assert read.dims == ("campaign_name", "keyword")
    assert read.merged == 0


def test_a_word_named_like_a_total_is_a_word(tmp_path: Path) -> None:
    read = export(tmp_path, row(1, **{"词名字/词包名字": "汇总"}))
    assert (len(read.frame), read.totals) == (1, 0)


def test_codes_of_the_tables() -> None:
    words = oddity(f"出价表_{STAMP}.csv").frame.iloc[0]
    assert (words["match_type"], words["status"], words["date"]) == ("phrase", "paused", pd.Timestamp("2026-07-05"))
    plans = oddity(f"计划表_{STAMP}.csv").frame
    assert plans["bidding"].tolist() == ["manual", "smart", "manual"]
    assert plans["budget_type"].tolist() == ["daily", "unlimited", "unlimited"]
    assert np.array_equal(plans["budget"], [300, np.nan, np.nan], equal_nan=True)
    items = oddity(f"宝贝表_{STAMP}.csv").frame
    assert items["margin"].tolist() == [0.35, 0.35]
    packages = oddity(f"词包_{STAMP}.csv").frame
    assert packages["word_type"].tolist() == ["keyword", "package"]


def test_unknown_columns_are_named() -> None:
    assert oddity(f"未知列_{STAMP}.csv").unknown_columns == ("平台补贴金额", "某个新指标")


def test_a_sum_over_days_is_refused_with_the_mend() -> None:
    for name in ("日期区间", "没有日期"):
        with pytest.raises(FileRefused) as refusal:
            oddity(f"{name}_{STAMP}.csv")
        assert "分天" in refusal.value.hint


def test_the_time_in_the_name_goes_before_the_file_s_own(tmp_path: Path) -> None:
    assert export(tmp_path, row(1)).downloaded_at == dt.datetime(2026, 7, 5, 9, 30)
    path = tmp_path / "报表.csv"
    path.write_text(table(HEADER, row(1)), "utf-8")
    os.utime(path, (1783216800, 1783216800))  # 2026-07-05 02:00 UTC
    assert read_file(path)[0].downloaded_at == dt.datetime(2026, 7, 5, 10, 0)
    with zipfile.ZipFile(tmp_path / "报表.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv", (2026, 7, 6, 8, 0, 0)), table(HEADER, row(1)))
    assert read_file(tmp_path / "报表.zip")[0].downloaded_at == dt.datetime(2026, 7, 6, 8, 0)


def test_an_archive_that_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_BYTES", 10_000)
    with zipfile.ZipFile(tmp_path / "大.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "0" * 20_000)
    with pytest.raises(FileRefused, match="超过 4 GB"):
        read_file(tmp_path / "大.zip")


def test_what_lies_in_an_inbox_by_accident_is_junk() -> None:
    for name in ("~$报表.xlsx", "报表.csv.crdownload", "desktop.ini", ".DS_Store", "Thumbs.db", "a.tmp", "a.part"):
        assert is_junk(name)
    assert not is_junk(f"关键词报表_{STAMP} (1).zip")


def test_content_and_not_packing_makes_the_hash(tmp_path: Path) -> None:
    text = table(HEADER, row(1)).encode()
    (tmp_path / "a.csv").write_bytes(text)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.csv", text)
    assert read_file(tmp_path / "a.csv")[0].sha256 == read_file(tmp_path / "a.zip")[0].sha256


def test_its_marks_tell_a_layout_from_its_relatives() -> None:
    for one in layout.layouts():
        match = layout.recognise([aliases[-1] for aliases in one.columns.values()] + list(one.marks))
        assert match is not None
        assert match.layout.name == one.name


@given(st.floats(0, 1e9).map(lambda x: round(x, 2)), st.sampled_from(["", "￥", "¥"]), st.booleans())
def test_a_number_survives_its_ornaments(number: float, currency: str, grouped: bool) -> None:
    text = f"{currency}{number:,.2f}" if grouped else f"{currency}{number:.2f}"
    parsed, bad = values.numbers([text])
    assert parsed[0] == pytest.approx(number)
    assert not bad[0]


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_reads_back(day: dt.date) -> None:
    serial = str((day - dt.date(1899, 12, 30)).days)
    parsed, bad = values.dates(
        [f"{day}", f"{day:%Y%m%d}", f"{day.year}/{day.month}/{day.day}", f"{day} 00:00:00", serial]
    )
    assert not bad.any()
    assert set(parsed.astype("datetime64[D]").tolist()) == {day}


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1))
def test_no_text_makes_a_parser_fail(texts: list[str]) -> None:
    for parse in (values.numbers, values.dates, values.ids, values.names, values.ranges):
        parsed, bad = parse(texts)
        assert len(parsed) == len(bad) == len(texts)
    assert len(values.total_marks(texts)) == len(texts)


PIECES = (
    b"a",
    "\u4f60".encode(),
    "\U0001f600".encode(),
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc2",
    b"\x00",
)
"""Whole characters and what only looks like one: half a surrogate, an overlong NUL, beyond the last, cut short."""


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3)).map(b"".join))
def test_utf_8_is_what_python_decodes(content: bytes) -> None:
    try:
        content.decode()
        decodes = True
    except UnicodeDecodeError:
        decodes = False
    assert is_utf8(content) == decodes


def test_a_torn_row_in_gb18030_costs_itself_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"关键词报表_{STAMP}.csv"
    path.write_bytes(table(HEADER, row(1), row(2)[:60], row(3)).encode("gb18030"))
    (read,) = read_file(path)
    assert (read.rows_read, len(read.frame), list(read.set_aside["row"])) == (3, 2, [3])
    assert capfd.readouterr().err == ""


def test_of_two_names_for_one_column_the_one_not_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / f"关键词报表_{STAMP}.csv"
    path.write_text(table(HEADER + ",消耗", row(1) + ",99.00"), "utf-8")
    (read,) = (file for file in read_file(path))
    assert read.unknown_columns == ("消耗",)
