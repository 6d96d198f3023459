"""How past plans came out, over nights of a simulated shop that takes up some of its plans."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bidopt import export, ledger, nightly, uploads
from bidopt.errors import DataError
from bidopt.prose import Language
from bidopt.scorecard import past_runs, read_run
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace, publish_bytes
from simulated import workspace_with

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Played:
    """A shop whose plan of the first night was uploaded, of the second confirmed and uploaded, of the third left."""

    workspace: Workspace
    market: Market
    runs: list[str]
    told: dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("nights")
    market = Market(MarketSpec(words=80, history_days=25))
    market.play_history()
    workspace = workspace_with(folder / "shop", (), "[budget]\ndaily_cap = 500\n[holdout]\nshare = 0.2\n")
    market.write_history_exports(workspace.inbox)
    runs = []
    for number in range(4):
        day = market.next_day
        if number:
            market.write_exports(workspace.inbox, day, since_days=16)
        night = nightly.run(workspace, day, lambda _: None)
        runs.append(night.run_id)
        plan = market.apply_plan(night.run_dir)
        if number == 1:
            uploads.confirm(workspace, night.run_id, day)
        if number < 3:
            market.play(day, *(plan if number < 2 else (market.bids, market.budgets)))
    return Played(workspace, market, runs, json.loads((workspace.runs / "scorecard.json").read_text("utf-8")))


def test_every_night_is_in_the_ledger_once(played: Played) -> None:
    told = ledger.read(played.workspace)
    assert [e.run_id for e in told if e.event == "recommended"] == played.runs
    nightly.run(played.workspace, played.market.next_day, lambda _: None)
    assert ledger.read(played.workspace) == told


def test_a_plan_counts_as_applied_where_the_next_table_shows_it(played: Played) -> None:
    left, confirmed, seen = played.told["runs"]
    assert [run["run_id"] for run in (seen, confirmed, left)] == played.runs[:3]
    assert (seen["said"], seen["applied"]) == (None, True)
    assert seen["changed"] == seen["told"] == seen["shown"] > 0
    assert (confirmed["said"], confirmed["applied"]) == ("confirmed", True)
    assert (left["said"], left["applied"], left["shown"]) == (None, False, 0)
    assert left["told"] == left["changed"] > 0


def test_what_came_is_what_the_market_sold(played: Played) -> None:
    """Spend to the fen; GMV once late orders are in, within what some days' waiting leaves open."""
    for run in played.told["runs"]:
        result = next(d for d in played.market.record.days if d.day.isoformat() == run["date"])
        head = json.loads((played.workspace.run_dir(run["run_id"]) / "plan.json").read_text("utf-8"))
        within = played.market.words["campaign_id"].isin(head["caps"]["by_campaign"]).to_numpy()
        assert run["spend"]["came"] == pytest.approx(result.spend[within].sum(), abs=0.05)
        assert run["spend"]["forecast"] == head["expected"]["spend"]
        inside = head["expected"]["spend_low"] <= run["spend"]["came"] <= head["expected"]["spend_high"]
        assert run["spend"]["inside"] == inside


def test_the_gain_pools_the_nights_applied(played: Played) -> None:
    gain = played.told["gain"]
    words = [read_run(played.workspace.run_dir(run_id)).words for run_id in played.runs[:2]]
    assert gain["nights"] == 2
    assert gain["held"] == sum(int(w["reason"].eq("keep_holdout").sum()) for w in words) >= 10
    assert gain["held"] + gain["moved"] == sum(int((w["holdout_layer"] >= 0).sum()) for w in words)
    for name in ("clicks", "spend", "gmv", "profit"):
        assert gain[name]["low"] < gain[name]["measured"] < gain[name]["high"]
    free = [w[(w["holdout_layer"] >= 0) & ~w["reason"].eq("keep_holdout")] for w in words]
    foreseen = sum(float((w["new_spend"] - w["now_spend"]).sum()) for w in free)
    assert gain["spend"]["foreseen"] == pytest.approx(foreseen)


def test_a_run_taken_back_does_not_count(played: Played, tmp_path: Path) -> None:
    ledger_file = played.workspace.runs / ledger.FILE_NAME
    before = ledger_file.read_bytes()
    try:
        with played.workspace.lock():
            ledger.add(played.workspace, "undone", played.runs[0], "2026-05-01")
        runs = past_runs(played.workspace, ledger.read(played.workspace), played.market.next_day)
        assert [run.said for run in runs] == ["undone", "confirmed", None]
    finally:
        publish_bytes(ledger_file, before)


def test_of_two_runs_of_a_day_the_confirmed_one_counts(played: Played) -> None:
    first, second = f"{played.runs[0][:10]}-00000000", played.runs[0]
    made = [ledger.Entry("recommended", run_id, "t", "a@b") for run_id in (second, first)]
    before = dt.date.fromisoformat(second[:10]) + dt.timedelta(days=1)
    [run] = past_runs(played.workspace, (*made[::-1],), before)
    assert run.head["run_id"] == second
    said = ledger.Entry("confirmed", second, "t", "a@b")
    [run] = past_runs(played.workspace, (*made, said), before)
    assert (run.head["run_id"], run.said) == (second, "confirmed")


def test_a_damaged_run_is_named(played: Played, tmp_path: Path) -> None:
    publish_bytes(tmp_path / "plan.json", b"{")
    with pytest.raises(DataError, match="the run cannot be read"):
        read_run(tmp_path)


def test_a_broken_ledger_costs_no_plan(played: Played) -> None:
    ledger_file = played.workspace.runs / ledger.FILE_NAME
    before, said = ledger_file.read_bytes(), list[str]()
    try:
        publish_bytes(ledger_file, before + b"rubbish\n")
        night = nightly.run(played.workspace, played.market.next_day, said.append)
        assert night.run_id == played.runs[-1]
        assert any("line 6 cannot be used" in line for line in said)
        assert ledger_file.read_bytes() == before + b"rubbish\n"
    finally:
        publish_bytes(ledger_file, before)


def test_the_runs_do_not_hang_on_what_was_said_of_earlier_ones(played: Played, tmp_path: Path) -> None:
    """A shop that lost its past runs and its ledger makes the same plan, byte for byte."""
    alone = workspace_with(
        tmp_path / "shop", tuple(played.workspace.inbox.iterdir()), played.workspace.settings_path.read_text("utf-8")
    )
    night = nightly.run(alone, played.market.next_day, lambda _: None)
    assert night.run_id == played.runs[-1]
    there = played.workspace.run_dir(night.run_id)
    for path in there.iterdir():
        if path.name != "log.jsonl":
            assert (night.run_dir / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_every_run(played: Played, language: Language) -> None:
    page = export.scorecard_html(played.told, language)
    for run in played.told["runs"]:
        assert run["date"] in page
    assert "http:" not in page
    assert "https:" not in page
    assert "{" not in page.split("</style>")[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_little_is_called_so(played: Played, language: Language) -> None:
    gain = played.told["gain"]
    unsure = gain | {"measured": True, "enough": False}
    sure = gain | {"measured": True, "enough": True}
    none = {"nights": 0, "held": 0, "moved": 0, "measured": False, "enough": False}
    lines = {export.scorecard_lines(played.told | {"gain": g}, language)[-1] for g in (unsure, sure, none)}
    assert len(lines) == 3
    few = export.scorecard_lines(played.told | {"gain": gain | {"measured": False, "held": 7}}, language)[-1]
    assert "7" in few
