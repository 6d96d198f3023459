"""What-if: the plan at its own cap, frontiers that never fall, targets met or named as out of reach, no refit."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bidopt import fit, nightly, optimize, recommend, scenarios
from bidopt.curves import build
from bidopt.errors import DataError, UsageError
from bidopt.recommend import Once
from bidopt.scenarios import Change, Scenario
from bidopt.settings import Budget, Holdout, Objective, Settings
from bidopt.workspace import Workspace
from simulated import fitted, shop, workspace_with

CAP = 320.0
SMALL = ("lognormal", 60, 25)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspace_with(
        tmp_path_factory.mktemp("whatif") / "shop", shop(*SMALL).exports, f"[budget]\ndaily_cap = {CAP}\n"
    )
    nightly.run(made, shop(*SMALL).day, lambda _: None)
    return made


def whatif(workspace: Workspace, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of the real command."""
    command = [sys.executable, "-m", "bidopt", "whatif", "-w", str(workspace.root), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=_utf8())
    return ran.returncode, ran.stdout, ran.stderr


def _utf8() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONIOENCODING": "utf-8"}


def answer(workspace: Workspace, *arguments: object) -> dict[str, Any]:
    code, out, err = whatif(workspace, *arguments, "--json")
    assert code == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


def scenario(change: Change = Change(), **objective: Any) -> Scenario:  # noqa: B008
    settings = Settings(objective=Objective(**objective), budget=Budget(daily_cap=600), holdout=Holdout(share=0.0))
    return Scenario.of(fitted()[0], settings, change)


def test_at_the_plans_own_cap_it_is_the_plan(workspace: Workspace) -> None:
    run_id = (workspace.runs / "latest").read_text()
    plan = json.loads((workspace.runs / run_id / "plan.json").read_text("utf-8"))
    told = answer(workspace, "--budget", CAP)
    (one,) = told["scenarios"]
    assert told["run_id"] == run_id
    assert one["budget"] == CAP
    assert one["expected"] == plan["expected"]
    assert one["budgets"] == plan["caps"]["by_campaign"]
    assert one["marginal_roi"] == plan["optimality"]["marginal_roi"]
    assert one["gap"] == plan["optimality"]["gap"]
    assert told["current"] == plan["current"]
    words = pd.read_parquet(workspace.runs / run_id / "recommendations.parquet")
    assert one["changes"]["raised"] == (words["bid_new"] > words["bid_now"] + 0.005).sum()
    assert one["changes"]["cut"] == (words["bid_new"] < words["bid_now"] - 0.005).sum()


def test_models_come_back_from_their_files_as_they_were(workspace: Workspace) -> None:
    _, models = scenarios.newest(workspace)
    settings = workspace.settings()
    assert (
        recommend.make(models, settings).head["expected"]
        == json.loads((workspace.runs / (workspace.runs / "latest").read_text() / "plan.json").read_text("utf-8"))[
            "expected"
        ]
    )


def test_nothing_is_fitted(workspace: Workspace) -> None:
    code = (
        "import sys; from bidopt import scenarios; from bidopt.workspace import Workspace\n"
        f"shop = Workspace({str(workspace.root)!r}); _, models = scenarios.newest(shop)\n"
        "scenarios.Scenario.of(models, shop.settings(), scenarios.Change()).at(300)\n"
        "assert 'statsmodels' not in sys.modules and 'patsy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("goal", ["profit", "gmv", "orders", "clicks"])
@pytest.mark.parametrize("nights", [1, 4])
def test_the_frontier_never_falls(goal: str, nights: int) -> None:
    asked = scenario(Change(nights=nights), maximise=goal)
    frontier = [asked.at(float(budget)) for budget in np.geomspace(200, 3_000, 14)]
    brought = np.array([one["expected"][goal] for one in frontier])
    assert (np.diff(brought) >= -2e-3 * np.abs(brought[1:])).all()
    assert all(one["expected"]["spend"] <= one["budget"] for one in frontier)
    assert all(sum(one["budgets"].values()) <= one["budget"] + 1e-6 for one in frontier)


@pytest.mark.parametrize("nights", [5, 30])
def test_many_nights_of_steps_are_laid_out_finely_enough(nights: int) -> None:
    asked = scenario(Change(nights=nights))
    laid = asked.options.reaching(1e4)
    finer = build(asked.models, asked.settings, nights_down=nights, nights_up=nights, n_bids=400)
    best, finest = (
        np.where(grid.allowed, grid.value, -np.inf).max(1)[asked.options.rows].sum() for grid in (laid.grid, finer)
    )
    assert best >= finest * (1 - 2e-3)


def test_no_campaign_is_left_to_ask_about() -> None:
    campaigns = tuple(fitted()[0].campaigns["campaign_id"].astype(str))
    with pytest.raises(UsageError, match="no campaign is left"):
        scenario(Change(exclude=campaigns))


def test_the_allocations_value_is_concave_within_its_gap() -> None:
    asked = scenario()
    caps = np.linspace(asked.least(), 2.5 * asked.least(), 9)
    laid = asked.options.reaching(np.inf)
    from bidopt.optimize import solve

    found = [solve(replace(laid.problem, cap=float(cap)), search=False) for cap in caps]
    value, bound = np.array([one.value for one in found]), np.array([one.bound for one in found])
    assert (np.diff(value) >= -1e-9).all()
    assert (value[1:-1] >= (value[:-2] + value[2:]) / 2 - (bound - value)[1:-1] - 1e-6).all()


def test_many_at_a_time_are_told_as_one_by_one() -> None:
    played = shop("lognormal", 400, 20)
    models, _ = fit.fit(played.history, Settings(), played.day)
    alone, asked = (Scenario(models, Settings()) for _ in range(2))
    assert len(asked.options.rows) > optimize.MAX_WORDS  # fewer are not asked at a time
    budgets = [float(share * asked.least()) for share in (0.6, 0.9, 1.0, 1.02, 1.3, 1.6, 2.0)]
    assert list(asked.each(budgets)) == [alone.at(budget) for budget in reversed(budgets)][::-1]


def test_what_many_threads_ask_for_is_made_once() -> None:
    made: list[int] = []
    asked: Once[int, int] = Once()

    def make(key: int) -> int:
        time.sleep(0.001)  # lets the others come
        made.append(key)
        return -key

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: asked.get(i % 5, lambda: make(i % 5)), range(200)))
    assert found == [-(i % 5) for i in range(200)]
    assert sorted(made) == [0, 1, 2, 3, 4]


def test_a_target_is_met_by_the_smallest_budget() -> None:
    asked = scenario()
    goal = 0.9 * asked.at(1e4)["expected"]["gmv"]
    met = scenarios.reach(asked, "gmv", goal)
    assert met["reached"]
    assert met["answer"]["expected"]["gmv"] >= goal
    less = asked.towards("gmv").at(0.98 * met["answer"]["budget"])
    assert less["expected"]["gmv"] < goal
    beyond = scenarios.reach(asked, "gmv", 1e9)
    assert not beyond["reached"]
    assert beyond["answer"]["expected"]["gmv"] >= asked.towards("gmv").at(1e4)["expected"]["gmv"] - 0.01


def test_an_roi_is_kept_up_to_the_largest_budget() -> None:
    asked = scenario()
    gmv = asked.towards("gmv")
    high, low = gmv.at(gmv.least())["expected"]["roi"], gmv.at(gmv.enough())["expected"]["roi"]
    goal = (high + low) / 2
    met = scenarios.reach(asked, "roi", goal)
    assert met["reached"]
    assert met["answer"]["expected"]["roi"] >= goal
    assert gmv.at(1.05 * met["answer"]["budget"])["expected"]["roi"] < goal
    beyond = scenarios.reach(asked, "roi", 1e3)
    assert not beyond["reached"]
    assert beyond["answer"]["expected"]["roi"] >= high - 0.05


def test_scenarios_move_what_they_should() -> None:
    plain = scenario().at(600)["expected"]
    assert scenario(Change(cvr=0.1)).at(600)["expected"]["profit"] > plain["profit"]
    assert scenario(Change(cpc=0.1)).at(600)["expected"]["profit"] < plain["profit"]
    assert scenario(Change(demand=0.2)).at(600)["expected"]["gmv"] > plain["gmv"]
    held = scenario(Change(max_bid=0.6))
    decision = recommend.decide(held.models, held.settings, cap=600, options=held.options)
    new = decision.grid.bid[np.arange(len(decision.choice)), decision.choice]
    assert (new[decision.grid.held == ""] <= 0.6).all()
    campaign = str(fitted()[0].campaigns["campaign_id"].iloc[0])
    without = scenario(Change(exclude=(campaign,))).at(600)
    assert campaign not in without["budgets"]
    assert without["expected"]["spend"] < plain["spend"] + 1e-6
    with pytest.raises(UsageError, match="no such campaign"):
        scenario(Change(exclude=("1",)))


def test_answers_are_kept_and_compared(workspace: Workspace, tmp_path: Path) -> None:
    table, page = tmp_path / "whatif.csv", tmp_path / "whatif.html"
    kept = answer(workspace, "--cpc-change", "+10%", "--save", "dearer", "--csv", table, "--html", page)
    again = answer(workspace, "--budget", 400, "--compare", "dearer")
    assert again["compared"][0]["scenarios"] == kept["scenarios"]
    rows = pd.read_csv(table, encoding="utf-8-sig")
    assert rows["budget"].tolist() == [one["budget"] for one in kept["scenarios"]]
    assert rows["profit"].tolist() == pytest.approx([one["expected"]["profit"] for one in kept["scenarios"]])
    assert "http" not in page.read_text("utf-8").split("</script>")[-1]
    code, _, err = whatif(workspace, "--compare", "cheaper")
    assert code == 2
    assert "dearer" in err


def test_the_terminal_tells_it_within_100_columns(workspace: Workspace) -> None:
    for arguments in ((), ("--budget", 250), ("--target-gmv", 500, "--target-roi", 3), ("--nights", 3)):
        code, out, err = whatif(workspace, *arguments)
        assert code == 0, err
        wide = [sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in out.splitlines()]
        assert max(wide) <= 100


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--budget", "0"), "above 0"),
        (("--cpc-change", "ten"), "+10%"),
        (("--budget", "nan"), "above 0"),
        (("--from", "nan", "--to", "100", "--step", "10"), "low to high"),
        (("--from", "100", "--to", "200", "--step", "nan"), "low to high"),
        (("--target-gmv", "0"), "above 0"),
        (("--target-roi", "inf"), "above 0"),
        (("--save", ".."), "cannot be a name"),
        (("--from", "100"), "go together"),
        (("--from", "500", "--to", "100", "--step", "10"), "low to high"),
        (("--save", "../up"), "cannot be a name"),
        (("--exclude-campaign", "1"), "no such campaign"),
        (("--max-bid", "0.01"), "max-bid"),
    ],
)
def test_wrong_usage_is_told(workspace: Workspace, arguments: tuple[str, ...], told: str) -> None:
    code, _, err = whatif(workspace, *arguments)
    assert code == 2
    assert told in err
    assert "Traceback" not in err


def test_without_a_plan_there_is_nothing_to_ask(tmp_path: Path) -> None:
    empty = workspace_with(tmp_path / "shop", ())
    code, _, err = whatif(empty)
    assert code == 2
    assert "bidopt nightly" in err


def test_models_of_another_version_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    run_id = (workspace.runs / "latest").read_text()
    other = Workspace(tmp_path)
    (other.models / run_id).mkdir(parents=True)
    for name in ("words.parquet", "campaigns.parquet"):
        (other.models / run_id / name).write_bytes((workspace.models / run_id / name).read_bytes())
    facts = json.loads((workspace.models / run_id / "shop.json").read_text("utf-8"))
    (other.models / run_id / "shop.json").write_text(json.dumps(facts | {"schema_version": 999}), "utf-8")
    other.runs.mkdir()
    (other.runs / "latest").write_text(run_id)
    with pytest.raises(DataError, match="version"):
        scenarios.newest(other)
