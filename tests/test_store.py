"""The history: imported once whatever the order, restated by newer downloads, readable as of any past day."""

import datetime as dt
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bidopt import schema
from bidopt.errors import DataError
from bidopt.store import (
    MOST_DAYS,
    History,
    ImportSummary,
    bids_in_force,
    budgets_in_force,
    import_files,
    import_inbox,
    manifest,
    newest_complete_day,
    read_history,
)
from bidopt.workspace import Workspace, publish_json
from make_oddities import FOLDER, HEADER, STAMP, WORDS_HEADER, row, table

FRAMES = ("days", "versions", "words", "plans", "items", "covered")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "shop")


def put(workspace: Workspace, *paths: Path) -> ImportSummary:
    return import_files(workspace, paths, lambda _: None)


def report(folder: Path, stamp: str, *lines: str, header: str = HEADER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"报表_{stamp}.csv"
    path.write_bytes(table(header, *lines).encode())
    return path


def live(workspace: Workspace) -> pd.DataFrame:
    """Every Parquet file that has the three live columns, read as a stranger would."""
    files = [path for path in sorted(workspace.data.rglob("*.parquet")) if "impressions" in pq.read_schema(path).names]
    frames: list[pd.DataFrame] = [pq.read_table(path, partitioning=None).to_pandas() for path in files]
    return pd.concat(frames)


def assert_same(one: History, other: History) -> None:
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.files == other.files


# Order, repetition and time ------------------------------------------------------------------------


@dataclass(frozen=True)
class Download:
    """A small report: `rows` maps (word, day of June) to (impressions, clicks, orders)."""

    hour: int
    detail: str
    rows: dict[tuple[int, int], tuple[int, int, int]]

    @property
    def made_at(self) -> dt.datetime:
        return dt.datetime(2026, 6, 6) + dt.timedelta(hours=self.hour)

    def write(self, folder: Path, number: int) -> Path:
        header, lines = HEADER, [self._line(*key, *figures) for key, figures in self.rows.items()]
        keep = {"full": range(17), "unit": [0, *range(3, 7), *range(10, 17)], "text": [0, 3, 4, 11, 12, 13, 14]}[
            self.detail
        ]
        header, *lines = (",".join(np.array(line.split(","))[list(keep)]) for line in (header, *lines))
        path = folder / f"{number}_{self.made_at:%Y%m%d_%H%M%S}.csv"
        path.write_bytes(table(header, *lines).encode())
        return path

    @staticmethod
    def _line(word: int, day: int, impressions: int, clicks: int, orders: int) -> str:
        return row(word, f"2026-06-{day:02d}", f"{impressions},{clicks},{clicks * 1.5},{orders}0,{orders}")


FIGURES = st.tuples(st.integers(5, 9), st.integers(0, 5), st.integers(0, 2))
ROWS = st.dictionaries(st.tuples(st.integers(1, 3), st.integers(1, 3)), FIGURES, min_size=1, max_size=5)
DETAILS = st.sampled_from(["full", "full", "unit", "text"])
DOWNLOADS = st.lists(st.builds(Download, st.integers(0, 96), DETAILS, ROWS), min_size=1, max_size=4)
MANY = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def histories(workspace: Workspace) -> list[History]:
    return [read_history(workspace, dt.date(2026, 6, day)) for day in (2, 6, 8, 12)]


@MANY
@given(DOWNLOADS, st.randoms(use_true_random=False))
def test_neither_the_order_of_imports_nor_their_repetition_matters(downloads: list[Download], random: object) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [download.write(folder, number) for number, download in enumerate(downloads)]
        one, other = Workspace(folder / "one"), Workspace(folder / "other")
        put(one, *paths)
        shuffled = list(paths)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        for path in [*shuffled, *paths]:
            put(other, path)
        for once, often in zip(histories(one), histories(other), strict=True):
            assert_same(once, often)
        pd.testing.assert_frame_equal(live(one), live(other))
        files = [sorted(path.name for path in (w.data / "history").rglob("*.parquet")) for w in (one, other)]
        assert files[0] == files[1]


@MANY
@given(ROWS, st.permutations(range(5)))
def test_the_order_of_rows_does_not_matter(rows: dict[tuple[int, int], tuple[int, int, int]], order: list[int]) -> None:
    items = list(rows.items())
    shuffled = dict(items[place] for place in order if place < len(items))
    with tempfile.TemporaryDirectory() as name:
        found = []
        for number, these in enumerate((rows, shuffled)):
            workspace = Workspace(Path(name) / str(number))
            put(workspace, Download(0, "full", these).write(Path(name), number))
            found.append(read_history(workspace, dt.date(2026, 6, 6)).days.drop(columns="file"))
        pd.testing.assert_frame_equal(found[0], found[1])


@MANY
@given(DOWNLOADS, st.integers(2, 12))
def test_a_day_reads_as_it_stood(downloads: list[Download], day: int) -> None:
    """Against the rule told plainly: the newest states by the end of `until`, else the oldest later ones."""
    until = dt.date(2026, 6, day)
    moment = dt.datetime.combine(until, dt.time.max)
    states: dict[tuple[int, int], dict[dt.datetime, tuple[int, int, int]]] = {}
    for download in downloads:
        for key, figures in download.rows.items():
            told = states.setdefault(key, {})
            told[download.made_at] = max(told.get(download.made_at, (0, 0, 0)), figures)
    before = {key: told for key, told in states.items() if key[1] < day}
    begun = any(at <= moment for told in before.values() for at in told)
    expected: dict[tuple[str, int], tuple[int, ...]] = {}
    for (word, number), told in before.items():
        known = [at for at in told if at <= moment]
        if known or not begun:
            expected[f"模拟词{word}", number] = told[max(known) if known else min(told)]
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name) / "shop")
        files = [Download(d.hour, "full", d.rows).write(Path(name), n) for n, d in enumerate(downloads)]
        put(workspace, *files)
        days = read_history(workspace, until).days
    keys = zip(days["keyword"], days["date"].dt.day, strict=True)
    told_figures = zip(days["impressions"], days["clicks"], days["orders"], strict=True)
    found = {
        (str(word), int(number)): tuple(int(n) for n in these)
        for (word, number), these in zip(keys, told_figures, strict=True)
    }
    assert found == expected


def test_a_newer_download_restates_and_the_older_state_stays_readable(workspace: Workspace, tmp_path: Path) -> None:
    old = report(tmp_path, "20260705_093000", row(1), row(2))
    new = report(tmp_path, "20260708_093000", row(1, figures="1000,24,46.08,798.00,2"))
    put(workspace, old)
    summary = put(workspace, new)
    assert [(file.stored, file.replaced, file.merged) for file in summary.files] == [(1, 1, 0)]
    assert live(workspace)["orders"].sum() == 3
    now, then = (read_history(workspace, dt.date(2026, 7, day)) for day in (9, 6))
    assert now.days["orders"].tolist() == [2, 1]
    assert then.days["orders"].tolist() == [1, 1]
    assert now.versions[["keyword", "orders"]].to_numpy().tolist() == [["模拟词1", 1], ["模拟词1", 2]]
    assert then.versions.empty
    assert {file.name for file in then.files} == {old.name}


def test_an_older_download_imported_later_changes_no_live_row(workspace: Workspace, tmp_path: Path) -> None:
    put(workspace, report(tmp_path, "20260708_093000", row(1, figures="1000,24,46.08,798.00,2")))
    before = live(workspace)
    summary = put(workspace, report(tmp_path, "20260705_093000", row(1)))
    pd.testing.assert_frame_equal(live(workspace), before)
    assert (summary.stored, summary.replaced) == (1, 0)
    assert read_history(workspace, dt.date(2026, 7, 6)).days["orders"].tolist() == [1]


def test_a_copy_is_known_by_its_content(workspace: Workspace, tmp_path: Path) -> None:
    path, copy = tmp_path / "报表.csv", tmp_path / "副本.csv"
    for number, file in enumerate((path, copy)):
        file.write_bytes(table(HEADER, row(1)).encode())
        os.utime(file, (1783216800 + number,) * 2)
    put(workspace, path)
    assert [file.status for file in put(workspace, path, copy).files] == ["known", "known"]
    path.write_bytes(table(HEADER, row(1, figures="9,1,1,0,0")).encode())
    assert [file.status for file in put(workspace, path).files] == ["imported"]


def test_the_same_file_twice_is_known(workspace: Workspace, tmp_path: Path) -> None:
    path = report(tmp_path, STAMP, row(1), row(1), row(2, figures="-1,0,0,0,0"))
    first, again = put(workspace, path), put(workspace, path)
    assert (first.rows_read, first.stored, first.merged, first.set_aside) == (3, 1, 1, 1)
    assert [file.status for file in again.files] == ["known"]
    assert (again.rows_read, again.stored, again.merged, again.set_aside) == (3, 0, 2, 1)


def test_what_a_look_back_can_read_is_an_input(workspace: Workspace, tmp_path: Path) -> None:
    """A table that a newer one replaced whole stood on the days between; a download of a later day never did."""
    line = "{},90000000001,80000000001,600123400001,500123400001,模拟词1,精准,{},8,推广中"
    exports = [
        report(tmp_path, f"202607{made:02d}_093000", *(line.format(day, bid) for day in days), header=WORDS_HEADER)
        for made, bid, days in ((5, "1.20", ["2026-07-05"]), (8, "2.40", ["2026-07-05", "2026-07-08"]), (11, "3", []))
    ]
    put(workspace, *exports)
    history = read_history(workspace, dt.date(2026, 7, 9))
    assert history.words["bid"].tolist() == [2.4, 2.4]
    assert read_history(workspace, dt.date(2026, 7, 6), seen_from=dt.date(2026, 7, 9)).words["bid"].tolist() == [1.2]
    assert {file.name for file in history.files} == {path.name for path in exports[:2]}


def test_the_same_table_of_two_mornings_is_two_inputs(workspace: Workspace, tmp_path: Path) -> None:
    names = [report(tmp_path, stamp, row(1)).name for stamp in ("20260705_093000", "20260706_093000")]
    put(workspace, *(tmp_path / name for name in names))
    assert [file.name for file in read_history(workspace, dt.date(2026, 7, 6)).files] == names


# Different detail ----------------------------------------------------------------------------------


def test_the_finer_of_two_files_stays_and_never_the_sum(workspace: Workspace, tmp_path: Path) -> None:
    fine = report(tmp_path / "fine", "20260705_093000", row(1), row(1, **{"宝贝ID": "600123400002"}), row(2))
    coarse = report(
        tmp_path / "coarse",
        "20260706_093000",
        "2026-07-04,模拟词1,2000,48,92.16",
        "2026-07-04,模拟词7,10,1,0.5",
        header="日期,关键词,展现量,点击量,花费",
    )
    summary = put(workspace, coarse, fine)
    assert live(workspace)["impressions"].sum() == 3010
    assert {file.name: (file.stored, file.merged) for file in summary.files} == {fine.name: (3, 0), coarse.name: (1, 1)}


def test_an_item_is_filled_in_where_the_ad_group_has_one(workspace: Workspace, tmp_path: Path) -> None:
    header = "日期,计划ID,单元ID,关键词ID,关键词,展现量,点击量,花费"
    line = "2026-07-04,90000000001,80000000001,500123400001,模拟词1,10,1,0.5"
    words = "2026-07-05,90000000001,80000000001,600123400001,500123400001,模拟词1,精准,1.20,8,推广中"
    put(
        workspace,
        report(tmp_path, STAMP, line, header=header),
        report(tmp_path / "w", STAMP, words, header=WORDS_HEADER),
    )
    assert read_history(workspace, dt.date(2026, 7, 5)).days["item_id"].tolist() == ["600123400001"]


# Tables --------------------------------------------------------------------------------------------


def words_table(bids: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Rows (date, word id, bid) of a word table."""
    frame = pd.DataFrame(list(bids), columns=["date", "keyword_id", "bid"])
    return frame.assign(date=pd.to_datetime(frame["date"]), campaign_id="c", ad_group_id="g")


def test_the_bid_in_force_is_that_of_the_next_morning_s_table() -> None:
    words = words_table([("2026-06-02", "a", 1.0), ("2026-06-04", "a", 2.0), ("2026-06-03", "b", 5.0)])
    units = pd.DataFrame({"campaign_id": "c", "ad_group_id": "g", "keyword_id": ["b", "a", "x"]})
    bids = bids_in_force(words, units, pd.date_range("2026-05-31", "2026-06-05"))
    nan = np.nan
    expected = [[nan, nan, 5, 5, 5, 5], [nan, 1, 1, 2, 2, 2], [nan] * 6]
    np.testing.assert_array_equal(bids, np.array(expected, dtype=float))


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from("ab"), st.integers(1, 9)), unique_by=lambda t: t[:2]))
def test_the_bid_in_force_told_plainly(told: list[tuple[int, str, int]]) -> None:
    words = words_table((f"2026-06-{day:02d}", word, float(bid)) for day, word, bid in told)
    units = pd.DataFrame({"campaign_id": "c", "ad_group_id": "g", "keyword_id": ["a", "b"]})
    found = bids_in_force(words, units, pd.date_range("2026-06-01", "2026-06-20"))
    for (i, word), (j, day) in itertools.product(enumerate("ab"), enumerate(range(1, 21))):
        dated = {table_day: bid for table_day, owner, bid in told if owner == word}
        older = [table_day for table_day in dated if table_day <= day]
        expected = dated.get(day + 1, dated[max(older)] if older else np.nan)
        np.testing.assert_equal(found[i, j], float(expected))


def test_budgets_hold_before_their_first_table_and_are_marked() -> None:
    plans = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-06-03", "2026-06-05", "2026-06-03"]),
            "campaign_id": ["a", "a", "b"],
            "budget_type": ["daily", "daily", "unlimited"],
            "budget": [300.0, 400.0, np.nan],
        }
    )
    budget, known = budgets_in_force(plans, ["a", "b", "x"], pd.date_range("2026-06-01", "2026-06-05"))
    np.testing.assert_array_equal(budget, [[300, 300, 300, 400, 400], [np.inf] * 5, [np.nan] * 5])
    assert known.tolist() == [[False, True, True, True, True]] * 2 + [[False] * 5]


def test_a_total_budget_is_no_amount_a_day_and_ends_the_one_before() -> None:
    plans = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-06-02", "2026-06-03", "2026-06-04", "2026-06-03"]),
            "campaign_id": ["a", "a", "a", "b"],
            "budget_type": ["daily", "total", "daily", "total"],
            "budget": [300.0, np.nan, 400.0, np.nan],
        }
    )
    budget, known = budgets_in_force(plans, ["a", "b"], pd.date_range("2026-06-01", "2026-06-04"))
    np.testing.assert_array_equal(budget, [[300, np.nan, 400, 400], [np.nan] * 4])
    assert known.tolist() == [[True, False, True, True], [False] * 4]


@pytest.mark.parametrize("until", [dt.date(2026, 6, 20), dt.date(2026, 7, 2)])
def test_where_no_table_is_that_old_the_oldest_later_one_stands_in(
    workspace: Workspace, tmp_path: Path, until: dt.date
) -> None:
    line = "90000000001,80000000001,600123400001,500123400001,模拟词1,精准,{},8,推广中"
    undated, plans, items = WORDS_HEADER.removeprefix("日期,"), "计划ID,日预算", "宝贝ID,售价,毛利率"
    for day, bid in (("05", "1.20"), ("08", "1.50")):
        stamp = f"202607{day}_093000"
        put(
            workspace,
            report(tmp_path / "words", stamp, line.format(bid), header=undated),
            report(tmp_path / "plans", stamp, f"90000000001,{bid}", header=plans),
            report(tmp_path / "items", stamp, f"600123400001,99,0.{day}", header=items),
        )
    history = read_history(workspace, until)
    assert history.words["bid"].tolist() == [1.2]
    assert history.items["margin"].tolist() == [0.05]
    assert read_history(workspace, dt.date(2026, 7, 9)).words["bid"].tolist() == [1.2, 1.5]
    days = pd.date_range(until - dt.timedelta(days=1), periods=1)
    assert np.isnan(bids_in_force(history.words, history.words, days)).all()
    budget, known = budgets_in_force(history.plans, ["90000000001"], days)
    assert (budget.tolist(), known.tolist()) == ([[1.2]], [[False]])


def test_a_night_reads_the_days_it_looks_back_on_and_what_older_tables_told_last(
    workspace: Workspace, tmp_path: Path
) -> None:
    until = dt.date(2026, 7, 5)
    since = until - dt.timedelta(days=MOST_DAYS)
    line = "{},90000000001,80000000001,600123400001,50012340000{},模拟词{},精准,{},8,推广中"
    for days_before, told in ((200, {1: 1.1, 2: 2.1}), (190, {1: 1.2}), (20, {1: 1.3})):
        day = until - dt.timedelta(days=days_before)
        lines = [line.format(day, word, word, bid) for word, bid in told.items()]
        put(workspace, report(tmp_path / "words", f"{day:%Y%m%d}_090000", *lines, header=WORDS_HEADER))
    dates = [since - dt.timedelta(days=1), since, until - dt.timedelta(days=1)]
    put(workspace, report(tmp_path, STAMP, *(row(1, str(date)) for date in dates)))
    history = read_history(workspace, until)
    assert history.days["date"].dt.date.tolist() == dates[1:]
    assert history.words["bid"].tolist() == [2.1, 1.2, 1.3]
    in_force = bids_in_force(history.words, history.words[:2], pd.DatetimeIndex([since, until]))
    np.testing.assert_array_equal(in_force, [[2.1, 2.1], [1.2, 1.3]])


def test_no_table_at_all_is_no_bid(workspace: Workspace) -> None:
    history = read_history(workspace, dt.date(2026, 7, 5))
    units = pd.DataFrame({name: ["1"] for name in schema.UNIT})
    assert np.isnan(bids_in_force(history.words, units, pd.date_range("2026-06-01", periods=3))).all()


def test_of_two_tables_of_a_day_the_newer_download_counts(workspace: Workspace, tmp_path: Path) -> None:
    line = "2026-07-05,90000000001,80000000001,600123400001,500123400001,模拟词1,精准,{},8,推广中"
    early = report(tmp_path, "20260705_090000", line.format("1.20"), header=WORDS_HEADER)
    late = report(tmp_path, "20260705_180000", line.format("1.50"), header=WORDS_HEADER)
    summary = put(workspace, late, early)
    assert read_history(workspace, dt.date(2026, 7, 5)).words["bid"].tolist() == [1.5]
    assert summary.replaced == 1


# What is covered -----------------------------------------------------------------------------------


def test_a_day_is_complete_when_downloaded_on_a_later_day(workspace: Workspace, tmp_path: Path) -> None:
    assert newest_complete_day(workspace) is None
    put(workspace, report(tmp_path, STAMP, row(1, "2026-07-02"), row(1, "2026-07-05")))
    assert newest_complete_day(workspace) == dt.date(2026, 7, 4)
    put(workspace, report(tmp_path, "20990705_093000", row(1, "2099-07-01")))
    assert newest_complete_day(workspace, dt.date(2026, 7, 5)) == dt.date(2026, 7, 4)  # a mistyped year
    covered = read_history(workspace, dt.date(2026, 7, 6)).covered
    assert covered["date"].dt.day.tolist() == [2, 3, 4, 5]
    assert set(covered["downloaded_at"]) == {pd.Timestamp("2026-07-05 09:30")}


# Files ---------------------------------------------------------------------------------------------


def test_every_oddity_imports_and_balances(workspace: Workspace) -> None:
    summary = put(workspace, *sorted(FOLDER.iterdir()))
    for file in summary.files:
        assert file.rows_read == file.stored + file.merged + file.totals + file.set_aside
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    refused = {file.name for file in summary.refused}
    assert refused == {name for name, counts in expected.items() if counts["kept"] is None} | {"expected.json"}
    assert json.loads(json.dumps(summary.to_json()))["set_aside"] == summary.set_aside
    history = read_history(workspace, dt.date(2026, 7, 6))
    for name, contract in (("days", "keyword_day"), ("words", "words"), ("plans", "plans"), ("items", "items")):
        schema.check(schema.FRAMES[contract] | schema.STAMP, getattr(history, name))


def test_rows_set_aside_lie_in_a_file_for_excel(workspace: Workspace, tmp_path: Path) -> None:
    put(workspace, report(tmp_path, STAMP, row(1, figures="-1,0,0,0,0")))
    (path,) = (workspace.data / "set_aside").glob(f"报表_{STAMP}_*.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbffile,row,reason,text\r\n")


def test_only_what_the_pointer_names_is_on_disk(workspace: Workspace, tmp_path: Path) -> None:
    for day in range(5, 30):
        put(workspace, report(tmp_path, f"202607{day:02d}_093000", row(1, figures=f"{1000 + day},24,46,0,0")))
    found = {path.relative_to(workspace.data).as_posix() for path in workspace.data.rglob("*.parquet")}
    named = manifest.load(workspace)
    assert found == {path for shelf in manifest.SHELVES for path in named.paths(shelf)}
    assert len(found) <= 10
    assert len(read_history(workspace, dt.date(2026, 8, 1)).versions) == 25


def test_dying_before_the_pointer_moves_changes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(workspace, report(tmp_path, "20260705_093000", row(1)))
    before = read_history(workspace, dt.date(2026, 7, 9))
    newer = report(tmp_path, "20260708_093000", row(1, figures="2000,24,46,0,0"))
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "publish_json", _die)
        with pytest.raises(KeyboardInterrupt):
            put(workspace, newer)
    assert_same(read_history(workspace, dt.date(2026, 7, 9)), before)
    put(workspace, newer)
    assert live(workspace)["impressions"].tolist() == [2000]


def test_dying_after_the_pointer_moved_leaves_nothing_that_the_next_import_keeps(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(workspace, report(tmp_path, "20260705_093000", row(1)))
    newer = report(tmp_path, "20260708_093000", row(1, figures="2000,24,46,0,0"))
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "publish_json", _publish_and_die)
        with pytest.raises(KeyboardInterrupt):
            put(workspace, newer)
    assert sorted(live(workspace)["impressions"]) == [1000, 2000]
    import_inbox(workspace, lambda _: None)
    assert live(workspace)["impressions"].tolist() == [2000]


def test_what_a_killed_process_left_half_written_is_gone_once_the_lock_is_held(workspace: Workspace) -> None:
    kept = {workspace.inbox / ".报表.csv.0a1b2c3d.tmp", workspace.root / "notes.tmp"}
    left = [
        workspace.root / ".bidopt.toml.0a1b2c3d.tmp",
        workspace.root / "whatif" / ".dearer.json.0a1b2c3d.tmp",
        workspace.data / ".manifest.json.0a1b2c3d.tmp",
        workspace.data / "history" / "2026-07" / ".1f.parquet.0a1b2c3d.tmp",
        workspace.models / ".2026-07-05-0a1b2c3d.4e5f6a7b.tmp" / "rates.parquet",
        workspace.runs / ".2026-07-05-0a1b2c3d.4e5f6a7b.tmp" / ".plan.json.0a1b2c3d.tmp",
    ]
    for path in (*kept, *left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    with workspace.lock():
        pass
    assert set(workspace.root.rglob("*.tmp")) == kept


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def _publish_and_die(path: Path, value: object) -> None:
    publish_json(path, value)
    raise KeyboardInterrupt


def test_an_inbox_is_read_whole_and_junk_passed_over(workspace: Workspace) -> None:
    report(workspace.inbox / "七月", STAMP, row(1))
    (workspace.inbox / "~$报表.xlsx").write_bytes(b"x")
    summary = import_inbox(workspace, lambda _: None)
    assert sorted(file.status for file in summary.files) == ["imported", "skipped"]


@pytest.mark.parametrize(
    ("pointer", "says"),
    [
        ('{"schema_version": 99}', "was written by a newer bidopt"),
        ('{"schema_version": 0}', "older format"),
        ('{"schema_version": 1, "imports": [{"name": "a.csv"}]}', "is damaged"),
        ("[1]", "does not say"),
        ("", "is damaged"),
    ],
)
def test_a_pointer_of_another_kind_is_never_misread(workspace: Workspace, pointer: str, says: str) -> None:
    workspace.data.mkdir(parents=True)
    (workspace.data / manifest.FILE_NAME).write_text(pointer, "utf-8")
    with pytest.raises(DataError, match=says):
        read_history(workspace, dt.date(2026, 7, 5))


@pytest.mark.parametrize("harm", ["lost", "another"])
def test_a_history_that_lacks_a_file_is_never_misread(workspace: Workspace, tmp_path: Path, harm: str) -> None:
    put(workspace, report(tmp_path, STAMP, row(1)), report(tmp_path, "20260706_093000", row(1, figures="2000,9,9,0,0")))
    live_file, earlier = (next((workspace.data / shelf).rglob("*.parquet")) for shelf in ("history", "restated"))
    live_file.unlink()
    if harm == "another":
        live_file.write_bytes(earlier.read_bytes())
    with pytest.raises(DataError, match=live_file.name):
        read_history(workspace, dt.date(2026, 7, 9))


@pytest.mark.parametrize("content", ["[1]", '{"a": 5}', "{", "\ufffd"])
def test_what_was_seen_is_a_cache_only(workspace: Workspace, tmp_path: Path, content: str) -> None:
    path = report(tmp_path, STAMP, row(1))
    put(workspace, path)
    (workspace.data / "seen.json").write_text(content, "utf-8")
    assert [file.status for file in put(workspace, path).files] == ["known"]


def test_the_same_imports_make_the_same_bytes(tmp_path: Path) -> None:
    paths: Sequence[Path] = [report(tmp_path / str(n), f"2026070{n}_093000", row(1, "2026-07-01")) for n in (5, 6)]
    contents = []
    for name in ("one", "other"):
        workspace = Workspace(tmp_path / name)
        put(workspace, *paths)
        contents.append(
            {p.relative_to(workspace.data): p.read_bytes() for p in workspace.data.rglob("*") if p.is_file()}
        )
    assert contents[0] == contents[1]
