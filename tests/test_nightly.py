"""The whole job through files: limits kept, certificate true, same bytes, careful where little is known."""

import datetime as dt
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from bidopt import backtest, curves, nightly, recommend, scorecard
from bidopt.errors import DataError, SettingsError, WorkspaceBusy
from bidopt.nightly import Night
from bidopt.schema import UNIT
from bidopt.settings import Bids, Budget, Campaign, Explore, Holdout, Objective, Settings
from bidopt.workspace import Workspace
from simulated import Shop, fitted, shop, workspace_with

SMALL = ("lognormal", 60, 25)
FILES = {
    "plan.json", "bids.csv", "budgets.csv", "rollback_bids.csv", "rollback_budgets.csv", "recommendations.parquet",
    "curves.parquet", "report.html", "settings.json", "log.jsonl",
}  # fmt: skip


def _quiet(_: str) -> None:
    pass


def _small() -> Shop:
    return shop(*SMALL)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    workspace = workspace_with(
        tmp_path_factory.mktemp("night") / "shop", _small().exports, "[budget]\ndaily_cap = 300\n"
    )
    return nightly.run(workspace, _small().day, _quiet)


def test_a_night_writes_all_its_files(night: Night) -> None:
    assert {path.name for path in night.run_dir.iterdir()} == FILES
    assert (night.run_dir.parent / "latest").read_text() == night.run_id
    assert night.run_id.startswith(f"{_small().day}-")
    card = night.run_dir.parents[1] / "models" / night.run_id / "card.md"
    assert "1、3、7 天后已知的成交占比" in card.read_text("utf-8")


def test_the_plan_keeps_its_cap(night: Night) -> None:
    head, words = night.head, pd.read_parquet(night.run_dir / "recommendations.parquet")
    assert sum(head["caps"]["by_campaign"].values()) <= 300
    assert head["caps"]["planned"] <= 300
    smart = words["campaign_id"].isin(set(words["campaign_id"]) - set(head["caps"]["by_campaign"]))
    assert words.loc[~smart, "new_spend"].sum() <= head["caps"]["planned"] + 1e-6
    for name in ("impressions", "clicks", "spend", "orders", "gmv", "profit"):
        for side in ("now", "new"):
            middle = words[f"{side}_{name}"]
            if name in ("spend", "gmv", "profit"):
                assert (words[f"{side}_{name}_low"] <= middle + 1e-6).all() or name == "gmv"
            assert (words[f"{side}_{name}_low"] <= words[f"{side}_{name}_high"]).all()
        assert head["expected"][f"{name}_low"] <= head["expected"][name] <= head["expected"][f"{name}_high"]
        assert head["expected"][name] == pytest.approx(words.loc[~smart, f"new_{name}"].sum(), rel=1e-3, abs=1e-2)


def test_the_certificate_agrees_with_highs(night: Night) -> None:
    """The bound is that of the LP relaxation of `curves.parquet` under the planned cap, solved by HiGHS."""
    options = pd.read_parquet(night.run_dir / "curves.parquet")
    words = pd.read_parquet(night.run_dir / "recommendations.parquet")
    ours = options
    assert set(ours["campaign_id"]) <= set(night.head["caps"]["by_campaign"])
    unit = ours.groupby(list(UNIT)).ngroup().to_numpy()
    one_each = coo_array((np.ones(len(ours)), (unit, np.arange(len(ours)))))
    found = linprog(
        -ours["value"], A_ub=ours[["spend"]].to_numpy().T, b_ub=[night.head["caps"]["planned"]],
        A_eq=one_each, b_eq=np.ones(unit.max() + 1), method="highs",
    )  # fmt: skip
    optimality = night.head["optimality"]
    assert optimality["bound"] == pytest.approx(-found.fun, rel=1e-6)
    assert optimality["value"] <= optimality["bound"] + 1e-9
    assert optimality["gap"] == pytest.approx((optimality["bound"] - optimality["value"]) / optimality["bound"])
    assert optimality["gap"] < 0.005
    assert optimality["shadow_price"] == pytest.approx(-found.ineqlin.marginals[0], rel=0.1)
    chosen = words.merge(options, left_on=[*UNIT, "bid_new"], right_on=[*UNIT, "bid"], how="left")
    assert chosen["value"].notna().sum() >= len(words.merge(options[list(UNIT)].drop_duplicates()))
    value = chosen.loc[chosen["campaign_id"].isin(night.head["caps"]["by_campaign"]), "value"].sum()
    assert value == pytest.approx(optimality["value"], rel=1e-9)


def test_packages_and_smart_plans_are_never_re_bid(night: Night) -> None:
    words = pd.read_parquet(night.run_dir / "recommendations.parquet")
    held = words["reason"].str.startswith("keep_package") | words["reason"].eq("keep_smart")
    assert held.any()
    assert (words.loc[held, "bid_new"] == words.loc[held, "bid_now"]).all()
    changed = pd.read_csv(night.run_dir / "bids.csv", dtype=str, encoding="utf-8-sig")
    assert set(changed["词类型"]) == {"关键词"}


def test_the_undo_restores_every_bid(night: Night) -> None:
    there, back = (
        pd.read_csv(night.run_dir / name, dtype=str, encoding="utf-8-sig") for name in ("bids.csv", "rollback_bids.csv")
    )
    both = there.merge(back, on=["计划ID", "单元ID", "词ID/词包ID"], suffixes=("", "_undo"))
    assert len(both) == len(there) == len(back)
    assert (both["原出价"] == both["新出价_undo"]).all()
    assert (both["新出价"] == both["原出价_undo"]).all()


def test_same_inputs_same_bytes_wherever_and_whenever(night: Night, tmp_path: Path) -> None:
    text = "# another text, the same settings\n[budget]\ndaily_cap = 300.0\n"
    workspace = workspace_with(tmp_path / "elsewhere", tuple(reversed(_small().exports)), text)
    for path in workspace.inbox.iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    again = nightly.run(workspace, _small().day, _quiet)
    assert again.run_id == night.run_id
    for name in FILES - {"log.jsonl"}:
        assert (again.run_dir / name).read_bytes() == (night.run_dir / name).read_bytes(), name


def test_a_second_night_is_the_first(night: Night) -> None:
    before = {path: path.stat().st_mtime_ns for path in night.run_dir.iterdir()}
    again = nightly.run(Workspace(night.run_dir.parents[1]), _small().day, _quiet)
    assert again.run_id == night.run_id
    assert {path: path.stat().st_mtime_ns for path in night.run_dir.iterdir()} == before


def test_other_settings_are_another_run(night: Night, tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path / "shop", _small().exports, "[budget]\ndaily_cap = 301\n")
    assert nightly.run(workspace, _small().day, _quiet).run_id != night.run_id


def test_two_nights_at_once_cannot_be(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path / "shop", _small().exports)
    with workspace.lock(), pytest.raises(WorkspaceBusy):
        nightly.run(workspace, _small().day, _quiet)


def test_three_days_give_a_careful_plan(tmp_path: Path) -> None:
    played = shop("lognormal", 60, 3)
    night = nightly.run(workspace_with(tmp_path / "shop", played.exports), played.day, _quiet)
    words = pd.read_parquet(night.run_dir / "recommendations.parquet")
    moved = words[words["bid_new"] != words["bid_now"]]
    assert (moved["bid_new"] / moved["bid_now"] - 1).abs().max() <= 0.3 * 3 / 14 + 1e-9
    assert any("3 天" in text for text in night.head["warnings"])


def test_a_word_table_alone_keeps_every_bid(tmp_path: Path) -> None:
    table = tuple(path for path in _small().exports if path.name.startswith("出价表"))
    night = nightly.run(workspace_with(tmp_path / "shop", table), _small().day, _quiet)
    assert night.head["status"] == "no_change"
    assert pd.read_csv(night.run_dir / "bids.csv").empty
    assert pd.read_csv(night.run_dir / "budgets.csv").empty
    assert any("没有关键词报表" in text for text in night.head["warnings"])


def test_a_report_alone_infers_bids_and_says_so(tmp_path: Path) -> None:
    report = tuple(path for path in _small().exports if path.name.startswith("关键词报表"))
    night = nightly.run(workspace_with(tmp_path / "shop", report), _small().day, _quiet)
    words = pd.read_parquet(night.run_dir / "recommendations.parquet")
    assert words["bid_inferred"].all()
    changed = pd.read_csv(night.run_dir / "bids.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert len(changed)
    assert changed["新出价"].eq("").all()
    assert changed["变动幅度"].str.endswith("%").all()
    told = " ".join(night.head["warnings"])
    assert "没有出价表" in told
    assert "没有计划表" in told
    assert "没有宝贝表" in told


def test_budgets_before_the_first_plan_table_are_marked(night: Night, tmp_path: Path) -> None:
    """The plan table's newest morning alone: the days before take its budgets, and the plan says so."""
    told = "首张计划表之前"
    assert not any(told in text for text in night.head["warnings"])
    workspace = workspace_with(tmp_path / "shop", _small().exports)
    (table,) = workspace.inbox.glob("计划表*")
    lines = table.read_text("utf-8-sig").splitlines()
    table.write_text(
        "\n".join([lines[0], *(line for line in lines if line.startswith(f"{_small().day}"))]), "utf-8-sig"
    )
    late = nightly.run(workspace, _small().day, _quiet)
    assert any(told in text for text in late.head["warnings"])


def _without(workspace: Workspace, columns: list[str], names: str = "关键词报表*") -> None:
    """Download the reports again with `columns` unticked."""
    for path in list(workspace.inbox.glob(names)):
        with zipfile.ZipFile(path) as packed:
            text = packed.read(packed.namelist()[0])
        path.unlink()
        report = pd.read_csv(io.BytesIO(text), encoding="gb18030", dtype=str, keep_default_na=False)
        report.drop(columns=columns).to_csv(path.with_suffix(".csv"), index=False, encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("columns", "counts"),
    [(["总成交笔数", "总成交金额"], "total"), (["总成交金额"], "total"), (["直接成交笔数", "直接成交金额"], "direct")],
)
def test_unknown_conversions_are_not_none(tmp_path: Path, columns: list[str], counts: str) -> None:
    """Nothing is known of orders: no bid moves, one warning says so, and no gate is held against nothing."""
    told = f"[budget]\ndaily_cap = 300\n\n[objective]\norders = '{counts}'\n"
    workspace = workspace_with(tmp_path / "shop", _small().exports, told)
    _without(workspace, columns)
    night = nightly.run(workspace, _small().day, _quiet)
    assert pd.read_csv(night.run_dir / "bids.csv").empty
    words = pd.read_parquet(night.run_dir / "recommendations.parquet")
    assert words["limited_by"].eq("evidence").any()
    assert words["cvr"].gt(0.005).all()
    assert sum(columns[-1] in text for text in night.head["warnings"]) == 1
    assert not any("笔成交" in text for text in night.head["warnings"])
    assert {gate["result"] for gate in night.head["gates"]} == {"PASS"}
    assert len(backtest.backtest(workspace, workspace.settings(), 2, 7, _quiet).models)


def test_clicks_can_be_bought_without_knowing_conversions(tmp_path: Path) -> None:
    told = "[budget]\ndaily_cap = 300\n\n[objective]\nmaximise = 'clicks'\n"
    workspace = workspace_with(tmp_path / "shop", _small().exports, told)
    _without(workspace, ["总成交笔数", "总成交金额"])
    night = nightly.run(workspace, _small().day, _quiet)
    assert len(pd.read_csv(night.run_dir / "bids.csv"))
    assert sum("总成交笔数" in text for text in night.head["warnings"]) == 1


@pytest.mark.parametrize("campaign", ["00000000001", "99999999999"])
def test_a_plan_without_words_yet_gets_its_budget(tmp_path: Path, campaign: str) -> None:
    """It stands in the newest plan table alone, before or after all others by id."""
    workspace = workspace_with(tmp_path / "shop", _small().exports, "[budget]\ndaily_cap = 300\n")
    (path,) = workspace.inbox.glob("计划表*")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    new = table[table["日期"] == str(_small().day)].iloc[[0]].assign(计划ID=campaign, 计划名字="新计划", 日预算="50")
    pd.concat([table, new]).to_csv(path, index=False, encoding="utf-8-sig")
    night = nightly.run(workspace, _small().day, _quiet)
    assert night.head["caps"]["by_campaign"][campaign] >= 30
    assert sum(night.head["caps"]["by_campaign"].values()) <= 300
    assert night.head["by_campaign"][campaign]["spend"] == 0
    assert not any("首张计划表之前" in text for text in night.head["warnings"])


def test_a_refused_file_is_a_warning(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path / "shop", _small().exports)
    (workspace.inbox / "坏.xlsx").write_bytes(b"not a workbook")
    night = nightly.run(workspace, _small().day, _quiet)
    assert any("坏.xlsx" in text for text in night.head["warnings"])


def test_old_data_make_no_plan(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path / "shop", _small().exports)
    with pytest.raises(DataError, match="yesterday's bids stand"):
        nightly.run(workspace, _small().day + dt.timedelta(days=3), _quiet)
    assert not (workspace.runs / "latest").exists()


def test_an_empty_inbox_makes_no_plan(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data"):
        nightly.run(workspace_with(tmp_path / "shop", ()), _small().day, _quiet)


def test_a_past_night_is_repeatable_after_newer_downloads(tmp_path: Path) -> None:
    """Newer files restate days; the run of the day before is made from what was known then."""
    played = _small()
    old = tuple(p for p in played.exports if "20260425" in p.name)
    past = dt.date(2026, 4, 25)
    assert old
    first = nightly.run(workspace_with(tmp_path / "then", old), past, _quiet)
    workspace = workspace_with(tmp_path / "later", old)
    nightly.run(workspace, past, _quiet)
    newer = [p for p in played.exports if p.name > old[0].name and p.name.startswith("关键词报表")]
    assert newer
    for path in newer:
        (workspace.inbox / path.name).write_bytes(path.read_bytes())
    later = nightly.run(workspace, played.day, _quiet)
    assert later.run_id != first.run_id
    (workspace.runs / first.run_id / "plan.json").unlink()
    repeated = nightly.run(workspace, past, _quiet)
    assert workspace.latest_run() == scorecard.told_by(workspace) == later.run_id  # what is uploaded next
    words, again = (pd.read_parquet(n.run_dir / "recommendations.parquet") for n in (first, repeated))
    pd.testing.assert_frame_equal(again, words)


limits = st.builds(
    Settings,
    budget=st.builds(
        Budget, daily_cap=st.floats(300, 4000), min_campaign=st.floats(0, 30), include_smart=st.booleans()
    ),
    bids=st.builds(
        Bids, min=st.floats(0.05, 0.5), max=st.floats(0.5, 20), max_change=st.floats(0.05, 0.6),
        min_change=st.floats(0, 0.1), max_changes=st.sampled_from([0, 0, 5]),
    ),
    objective=st.builds(
        Objective, maximise=st.sampled_from(["profit", "gmv", "orders", "clicks", "roi"]),
        min_roi=st.sampled_from([0.0, 0.0, 2.0]), risk_aversion=st.sampled_from([0.0, 0.5]),
    ),
    holdout=st.builds(Holdout, share=st.sampled_from([0.0, 0.05])),
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(limits)
def test_no_plan_leaves_its_limits(chosen: Settings) -> None:
    models, _ = fitted()
    plan = recommend.make(models, chosen)
    words, decision = plan.words, plan.decision
    now, new = words["bid_now"].to_numpy(), words["bid_new"].to_numpy()
    moved = np.abs(new - now) > 1e-9
    assert plan.budgets["budget_new"].sum() <= chosen.budget.daily_cap + 1e-6
    assert (new[moved] >= chosen.bids.min - 1e-9).all()
    assert (new[moved] <= chosen.bids.max + 1e-9).all()
    inside = (now >= chosen.bids.min) & (now <= chosen.bids.max)
    assert ((new - now)[moved & inside] <= chosen.bids.max_change * now[moved & inside] + 1e-9).all()
    if decision.nights_down == 1:
        assert ((now - new)[moved & inside] <= chosen.bids.max_change * now[moved & inside] + 1e-9).all()
    assert not moved[decision.grid.held != ""].any()
    if decision.allocation.feasible:
        spend = words["new_spend"].to_numpy()[decision.under_cap].sum()
        assert spend <= chosen.budget.daily_cap + 1e-6
        assert decision.allocation.gap >= -1e-9
    if chosen.bids.max_changes and chosen.budget.daily_cap > 3500 and inside[decision.grid.held == ""].all():
        gave_way = chosen.objective.min_roi > 0 or not decision.allocation.feasible  # to a floor, which is named
        assert moved.sum() <= chosen.bids.max_changes or gave_way
    json.dumps(plan.head, allow_nan=False)


def test_kept_budgets_above_the_cap_name_the_smallest_relaxation() -> None:
    models, _ = fitted()
    kept = float(models.campaigns.loc[~models.campaigns["bidding"].eq("smart"), "budget_now"].sum())
    with pytest.raises(SettingsError, match=r"at least 10\.00"):
        recommend.make(models, Settings(budget=Budget(daily_cap=kept - 10, reallocate=False)))


def test_kept_budgets_stay_and_hold_their_campaigns() -> None:
    models, _ = fitted()
    plan = recommend.make(models, Settings(budget=Budget(daily_cap=1e6, reallocate=False)))
    assert plan.budgets["budget_new"].to_numpy() == pytest.approx(plan.budgets["budget_now"].to_numpy())
    spend = plan.words.groupby("campaign_id")["new_spend"].sum()
    budget = plan.budgets.set_index("campaign_id")["budget_new"]
    assert (spend.reindex(budget.index) <= budget + 1e-6).all()


def test_campaign_limits_hold() -> None:
    models, _ = fitted()
    first, second = models.campaigns["campaign_id"].iloc[:2]
    own = (Campaign(id=first, max_budget=50.0), Campaign(id=second, min_budget=400.0))
    budget = recommend.make(models, Settings(campaign=own)).budgets.set_index("campaign_id")["budget_new"]
    assert budget[first] <= 50
    assert budget[second] >= 400


def test_locked_words_stay() -> None:
    models, _ = fitted()
    word = models.words.loc[models.words["seen_clicks"].idxmax(), "keyword"]
    plan = recommend.make(models, Settings(bids=Bids(locked=(word,)), holdout=Holdout(share=0.0)))
    rows = plan.words[plan.words["keyword"] == word]
    assert rows["reason"].isin(["keep_locked", "keep_smart"]).all()
    assert (rows["bid_new"] == rows["bid_now"]).all()


def test_more_cap_never_brings_less() -> None:
    models, _ = fitted()
    values = [
        recommend.make(models, Settings(budget=Budget(daily_cap=cap), explore=Explore(share=0.0))).head["expected"][
            "profit"
        ]
        for cap in (300.0, 600.0, 1200.0, 2400.0, 4800.0)
    ]
    assert (np.diff(values) >= -1.0).all()


def test_a_tight_cap_is_not_planned_to_the_last_yuan() -> None:
    """Days scatter: the share planned for is the one that is worth most after what the budgets cut off."""
    models, _ = fitted()
    free = recommend.make(models, Settings(budget=Budget(daily_cap=1e5)))
    needed = free.words["new_spend"].to_numpy()[free.decision.under_cap].sum()
    tight, slack = (recommend.make(models, Settings(budget=Budget(daily_cap=needed * f))).head for f in (0.5, 3.0))
    assert tight["caps"]["planned"] < tight["caps"]["daily"]
    assert slack["caps"]["planned"] == slack["caps"]["daily"]
    assert slack["optimality"]["shadow_price"] == 0
    assert tight["optimality"]["shadow_price"] > 0


def test_orders_fall_faster_than_clicks_when_the_evening_is_cut() -> None:
    models, _ = fitted()
    whole = curves.respond(models, models.words["bid_now"].to_numpy()[:, None])
    cut = whole.cut(np.full((len(models.words), 1), 0.8))
    assert cut.clicks.sum() == pytest.approx(0.8 * whole.clicks.sum())
    assert cut.orders.sum() == pytest.approx(0.75 * whole.orders.sum())
    same = whole.cut(np.ones((len(models.words), 1)))
    assert same.profit == pytest.approx(whole.profit)


def test_budgets_alone_above_the_cap_all_shrink_alike(tmp_path: Path) -> None:
    """Tables without any report: nothing says what plans need, the cap holds all the same."""
    tables = tuple(path for path in _small().exports if not path.name.startswith("关键词报表"))
    night = nightly.run(workspace_with(tmp_path / "shop", tables, "[budget]\ndaily_cap = 300\n"), _small().day, _quiet)
    budgets = pd.read_csv(night.run_dir / "budgets.csv", encoding="utf-8-sig")
    assert sum(night.head["caps"]["by_campaign"].values()) <= 300
    shares = budgets["新日预算"] / budgets["原日预算"]
    assert shares.max() - shares.min() < 0.02
    assert pd.read_csv(night.run_dir / "bids.csv").empty


def test_too_many_changes_only_where_the_cap_needs_them() -> None:
    models, _ = fitted()
    free = recommend.make(models, Settings(budget=Budget(daily_cap=1e5), bids=Bids(max_changes=4)))
    assert (free.words["bid_new"] != free.words["bid_now"]).sum() == 4
    tight = recommend.make(models, Settings(budget=Budget(daily_cap=450), bids=Bids(max_changes=4)))
    assert tight.decision.allocation.feasible
    assert (tight.words["bid_new"] != tight.words["bid_now"]).sum() > 4


def test_a_bid_brought_back_is_limited_by_its_bound() -> None:
    models, _ = fitted()
    plan = recommend.make(models, Settings(bids=Bids(min=0.6, max=1.0), holdout=Holdout(share=0.0)))
    words = plan.words[plan.decision.grid.held == ""]
    below, above = words["bid_now"] < 0.6, words["bid_now"] > 1.0
    assert below.any()
    assert above.any()
    assert (words.loc[below, "bid_new"] >= 0.6).all()
    assert (words.loc[above, "bid_new"] <= 1.0).all()
    seen = words["reason"].ne("raise_no_impressions")
    assert set(words.loc[below & seen, "limited_by"]) <= {"min_bid"}
    assert set(words.loc[above & seen, "limited_by"]) <= {"max_bid", "campaign_cap"}


def test_expected_spend_is_held_under_the_planned_cap() -> None:
    models, _ = fitted()
    for goal in ("profit", "gmv", "orders", "clicks", "roi"):
        for cap in (500.0, 900.0):
            chosen = Settings(objective=Objective(maximise=goal), budget=Budget(daily_cap=cap))
            head = recommend.make(models, chosen).head
            assert head["expected"]["spend"] <= head["caps"]["planned"] + 1e-6, goal
