"""`bidopt confirm` and `bidopt rollback`: refused when stale, once however often, the undo exact."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bidopt import ledger, store, uploads
from bidopt.cli import app, init
from bidopt.errors import BidoptError, StalePlan, UsageError, WorkspaceBusy
from bidopt.schema import UNIT
from bidopt.workspace import Workspace
from by_hand import put_run

DAY = dt.date(2026, 6, 1)
NEXT = dt.date(2026, 6, 2)


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return init.make(tmp_path / "shop", init.template())


@pytest.fixture
def run(shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> str:
    return put_run(shop, head, words, budgets)


@pytest.fixture
def later(shop: Workspace, run: str, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> str:
    """Tomorrow's run."""
    return put_run(shop, head | {"run_id": f"{NEXT}-0a1b2c3d", "date": NEXT.isoformat()}, words, budgets)


def _word_table(shop: Workspace, words: pd.DataFrame, bids: Iterable[float], day: dt.date = DAY) -> None:
    """Import a table of `day` that has the words at `bids`."""
    table = words.assign(出价=list(bids), 日期=day.isoformat())
    headers = dict(zip((*UNIT, "keyword"), ("计划ID", "单元ID", "词ID/词包ID", "词名字/词包名字"), strict=True))
    table = table.rename(columns=headers)[["日期", *headers.values(), "出价"]]
    _import(shop, f"出价表_{day:%Y%m%d}_083000.csv", table)


def _plan_table(shop: Workspace, amounts: dict[str, str], day: dt.date = DAY) -> None:
    rows = {"日期": day.isoformat(), "计划ID": list(amounts), "计划名字": list(amounts), "出价方式": "手动出价"}
    _import(shop, f"计划表_{day:%Y%m%d}_083000.csv", pd.DataFrame(rows | {"日预算": list(amounts.values())}))


def _import(shop: Workspace, name: str, table: pd.DataFrame) -> None:
    path = shop.root / name
    table.to_csv(path, index=False)
    with shop.lock():
        [told] = store.import_files(shop, [path], lambda _: None).files
    assert told.status == "imported", told.message


def test_confirming_twice_is_once(shop: Workspace, run: str) -> None:
    entry, again = uploads.confirm(shop, run, DAY)
    assert (entry.event, entry.run_id, entry.at, again) == ("confirmed", run, "2026-06-01", False)
    assert uploads.confirm(shop, run, NEXT) == (entry, True)
    assert [e.event for e in ledger.read(shop)] == ["recommended", "confirmed"]


def test_a_plan_is_confirmed_up_to_its_day(shop: Workspace, run: str) -> None:
    with pytest.raises(StalePlan, match="2026-06-02"):
        uploads.confirm(shop, run, NEXT)
    assert StalePlan.exit_code == 5
    assert uploads.confirm(shop, run, DAY - dt.timedelta(days=1))[0].at == "2026-05-31"


def test_a_newer_plan_makes_the_older_stale(shop: Workspace, run: str, later: str) -> None:
    with pytest.raises(StalePlan, match=later):
        uploads.confirm(shop, run, DAY)
    assert uploads.newer_run(shop, later) is None
    uploads.confirm(shop, later, NEXT)


def test_a_plan_made_again_for_the_same_day_is_the_newer(
    shop: Workspace, run: str, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame
) -> None:
    again = put_run(shop, head | {"run_id": f"{DAY}-00000000"}, words, budgets)
    assert uploads.newer_run(shop, run) == again
    assert uploads.newer_run(shop, again) is None


def test_bids_as_the_plan_found_or_sets_them_are_no_difference(shop: Workspace, run: str, words: pd.DataFrame) -> None:
    _word_table(shop, words, np.where(np.arange(len(words)) % 2, words["bid_now"], words["bid_new"]))
    assert uploads.differences(shop, run) == []
    uploads.confirm(shop, run, DAY)


def test_other_bids_are_named_with_their_numbers(shop: Workspace, run: str, words: pd.DataFrame) -> None:
    _word_table(shop, words, words["bid_now"].where(words["keyword_id"] != "301", 0.77))
    with pytest.raises(StalePlan, match=r"碎花连衣裙 0\.90|碎花连衣裙") as refused:
        uploads.confirm(shop, run, DAY)
    for amount in ("0.77", "0.90", "0.63"):
        assert amount in str(refused.value)
    assert "半身裙" not in str(refused.value)
    assert [e.event for e in ledger.read(shop)] == ["recommended"]


def test_a_bid_that_was_inferred_is_not_held_against_the_plan(shop: Workspace, run: str, words: pd.DataFrame) -> None:
    _word_table(shop, words, words["bid_now"].where(~words["bid_inferred"], 3.33))
    assert uploads.differences(shop, run) == []


def test_at_most_ten_differences_are_listed_of_those_counted(
    shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame
) -> None:
    many = pd.concat([words.assign(keyword_id=[f"9{k}{i}" for i in range(6)]) for k in range(4)], ignore_index=True)
    run = put_run(shop, head, many, budgets)
    _word_table(shop, many, many["bid_now"] + 5)
    with pytest.raises(StalePlan) as refused:
        uploads.confirm(shop, run, DAY)
    known = int((~many["bid_inferred"]).sum())
    assert f"{known} 处" in str(refused.value)
    assert str(refused.value).count("->") == 1 + uploads.MOST_NAMED


@pytest.mark.parametrize(
    ("amounts", "named"),
    [
        ({"90001": "不限", "90002": "300.00", "90003": "79.50"}, []),
        ({"90001": "500.00", "90002": "420.50"}, []),
        ({"90001": "不限", "90002": "350.00", "90003": "79.50"}, ["防晒"]),
        ({"90001": "450.00", "90002": "不限", "90003": "80.00"}, ["夏装主推", "防晒", "90003"]),
    ],
)
def test_plan_budgets_are_compared_too(shop: Workspace, run: str, amounts: dict[str, str], named: list[str]) -> None:
    _plan_table(shop, amounts)
    assert sorted(d.name for d in uploads.differences(shop, run)) == sorted(named)


def test_rollback_writes_the_runs_own_undo(shop: Workspace, run: str, tmp_path: Path) -> None:
    uploads.confirm(shop, run, DAY)
    done = uploads.rollback(shop, run, tmp_path / "undo", DAY)
    assert done.was_confirmed
    assert [path.name for path in done.files] == ["rollback_bids.csv", "rollback_budgets.csv"]
    for path in done.files:
        assert path.read_bytes() == (shop.run_dir(run) / path.name).read_bytes()
    uploads.rollback(shop, run, tmp_path / "undo", NEXT)
    assert [e.event for e in ledger.read(shop)] == ["recommended", "confirmed", "undone"]
    assert uploads.confirm(shop, run, DAY)[1] is False, "what was undone may be uploaded again"


def test_rollback_never_writes_over_another_file(shop: Workspace, run: str, tmp_path: Path) -> None:
    (tmp_path / "rollback_budgets.csv").write_text("another run's", "utf-8")
    with pytest.raises(UsageError, match=r"rollback_budgets\.csv"):
        uploads.rollback(shop, run, tmp_path, DAY)
    assert not (tmp_path / "rollback_bids.csv").exists()
    assert ledger.last(ledger.read(shop), "undone") is None


def test_rollback_leaves_both_files_or_none(shop: Workspace, run: str, tmp_path: Path) -> None:
    (shop.run_dir(run) / "rollback_budgets.csv").unlink()
    with pytest.raises(OSError, match="rollback_budgets"):
        uploads.rollback(shop, run, tmp_path / "undo", DAY)
    assert not (tmp_path / "undo").exists()
    assert ledger.last(ledger.read(shop), "undone") is None


def test_a_later_upload_is_undone_first(shop: Workspace, run: str, later: str, tmp_path: Path) -> None:
    uploads.confirm(shop, later, NEXT)
    with pytest.raises(StalePlan, match=later):
        uploads.rollback(shop, run, tmp_path, NEXT)
    uploads.rollback(shop, later, tmp_path / "a", NEXT)
    assert uploads.rollback(shop, run, tmp_path / "b", NEXT).was_confirmed is False


def test_of_two_uploads_of_a_day_the_later_is_undone_first(
    shop: Workspace, run: str, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame, tmp_path: Path
) -> None:
    uploads.confirm(shop, run, DAY)
    again = put_run(shop, head | {"run_id": f"{DAY}-00000000"}, words, budgets)
    uploads.confirm(shop, again, DAY)
    with pytest.raises(StalePlan, match=again):
        uploads.rollback(shop, run, tmp_path, DAY)
    assert uploads.rollback(shop, again, tmp_path, DAY).was_confirmed


def test_rollback_is_refused_where_the_runs_bids_have_moved_on(
    shop: Workspace, run: str, words: pd.DataFrame, tmp_path: Path
) -> None:
    _word_table(shop, words, words["bid_new"].where(words["keyword_id"] != "303", 9.99), NEXT)
    uploads.rollback(shop, run, tmp_path / "kept", NEXT)  # a word that the run did not change is not its business
    _word_table(shop, words, words["bid_new"].where(words["keyword_id"] != "302", 9.99), dt.date(2026, 6, 3))
    with pytest.raises(StalePlan, match=r"连衣裙夏 .*9\.99|9\.99"):
        uploads.rollback(shop, run, tmp_path / "moved", NEXT)


def test_a_busy_workspace_is_left_alone(shop: Workspace, run: str) -> None:
    with shop.lock(), pytest.raises(WorkspaceBusy):
        uploads.confirm(shop, run, DAY)


def _bidopt(shop: Workspace, *arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "-w", str(shop.root), "--json"], standalone_mode=False)
    if isinstance(result.exception, BidoptError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_status_follows_what_was_said(shop: Workspace, run: str, tmp_path: Path) -> None:
    told = _bidopt(shop, "status")
    assert any("bidopt confirm" in line for line in told["waiting"])
    assert (told["confirmed"], told["undone"], told["scorecard"]) == (None, None, None)
    assert _bidopt(shop, "confirm", "--date", "2026-06-01")["again"] is False
    told = _bidopt(shop, "status")
    assert told["waiting"] == []
    assert (told["confirmed"]["run_id"], told["confirmed"]["at"]) == (run, "2026-06-01")
    _bidopt(shop, "rollback", "-o", str(tmp_path / "undo"), "--date", "2026-06-01")
    told = _bidopt(shop, "status")
    assert run in told["waiting"][0]
    assert told["undone"]["run_id"] == run


def test_status_says_that_a_plan_no_longer_fits(shop: Workspace, run: str, words: pd.DataFrame) -> None:
    _word_table(shop, words, words["bid_now"].where(words["keyword_id"] != "301", 0.77))
    [line] = _bidopt(shop, "status")["waiting"]
    assert "1 处" in line


def test_todays_clock_decides_where_no_day_is_named(shop: Workspace, run: str) -> None:
    with pytest.raises(StalePlan):
        _bidopt(shop, "confirm")
