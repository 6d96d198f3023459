"""Limits that shops have: bounds by word and plan, floors, stock, numbers of changes, moves of budgets, pausing."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bidopt import curves, recommend
from bidopt.curves.bounds import bounds
from bidopt.errors import SettingsError
from bidopt.export import bids_csv, rollback_bids_csv, simba_json
from bidopt.fit import FittedModels
from bidopt.optimize import check
from bidopt.settings import AdGroup, Bids, Budget, Campaign, Holdout, Objective, Settings, WordClass
from simulated import fitted

FREE = Holdout(share=0.0)
SLACK = Budget(daily_cap=1e5)


@cache
def models() -> FittedModels:
    return fitted()[0]


def first_campaign() -> str:
    plans = models().campaigns
    return str(plans["campaign_id"][plans["bidding"].ne("smart") & plans["in_force"]].iloc[0])


def test_the_most_specific_bound_wins() -> None:
    words = models().words
    word = words[words["campaign_id"] == first_campaign()].iloc[0]
    settings = Settings(
        campaign=(Campaign(id=word["campaign_id"], min_bid=0.2, max_bid=5.0, max_change=0.2),),
        ad_group=(AdGroup(id=word["ad_group_id"], max_bid=4.0, max_change=0.15),),
        words=(WordClass(keywords=(word["keyword"],), max_bid=3.0),),
    )
    plain, own = bounds(models(), Settings()), bounds(models(), settings)
    here = words.index == word.name
    assert own.floor[here] == 0.2
    assert own.ceiling[here] <= 3.0
    assert own.step[here] == 0.15
    group = (words["ad_group_id"] == word["ad_group_id"]) & (words["keyword"] != word["keyword"])
    assert (own.ceiling[group] <= 4.0).all()
    elsewhere = (words["campaign_id"] != word["campaign_id"]) & (words["keyword"] != word["keyword"])
    for name in ("floor", "ceiling", "step"):
        assert (getattr(own, name)[elsewhere] == getattr(plain, name)[elsewhere]).all()


def test_a_shorter_step_of_a_class_is_kept() -> None:
    text = models().words["keyword"].iloc[0][:2]
    settings = Settings(budget=SLACK, holdout=FREE, words=(WordClass(contains=(text,), max_change=0.05),))
    words = recommend.make(models(), settings).words
    of = words["keyword"].str.contains(text) & words["bid_now"].between(0.3, 19)
    move = (words["bid_new"] / words["bid_now"] - 1).abs()
    assert (move[of] <= 0.05 + 0.006 / words["bid_now"][of]).all()
    assert (move[~of] > 0.06).any()


def test_a_floor_of_a_plan_is_reached_and_costs_profit() -> None:
    campaign = first_campaign()
    free = recommend.make(models(), Settings(budget=SLACK, holdout=FREE))
    wanted = free.head["uncut"][campaign]["spend"]
    settings = Settings(budget=SLACK, holdout=FREE, campaign=(Campaign(id=campaign, min_spend=1.1 * wanted),))
    floored = recommend.make(models(), settings)
    assert not floored.decision.clashes
    assert floored.head["uncut"][campaign]["spend"] >= 1.1 * wanted - 1e-6
    assert floored.head["optimality"]["value"] < free.head["optimality"]["value"]
    assert floored.head["caps"]["by_campaign"][campaign] >= 1.1 * wanted


def test_a_floor_out_of_reach_is_named_with_the_smallest_relaxation() -> None:
    campaign = first_campaign()
    settings = Settings(budget=SLACK, holdout=FREE, campaign=(Campaign(id=campaign, min_spend=50_000),))
    plan = recommend.make(models(), settings)
    (clash,) = plan.decision.clashes
    spend = plan.decision.grid.response.spend
    rows = models().words["campaign_id"].to_numpy() == campaign
    most = np.where(plan.decision.grid.allowed, spend, -np.inf).max(1)[rows].sum()
    assert clash.limit == "campaign_floor"
    assert models().campaigns["campaign_id"].iloc[clash.group] == campaign
    assert clash.more == pytest.approx(50_000 - most, rel=1e-4)


def test_floors_above_the_cap_are_refused_by_name() -> None:
    settings = Settings(budget=Budget(daily_cap=500), campaign=(Campaign(id=first_campaign(), min_spend=600),))
    with pytest.raises(SettingsError, match="daily_cap"):
        recommend.make(models(), settings)


def test_orders_stay_within_the_stock() -> None:
    words = models().words
    coming = words.groupby("item_id")["orders_to_come"].transform("sum")
    short = replace(models(), words=words.assign(stock=coming + 13))
    free = recommend.make(models(), Settings(budget=SLACK, holdout=FREE)).decision
    held = recommend.make(short, Settings(budget=SLACK, holdout=FREE)).decision

    def sold(decision: recommend.Decision) -> pd.Series:
        picked = decision.grid.response.pick(decision.choice).orders / (1 - words["refund_rate"])
        return picked[decision.under_cap].groupby(words["item_id"]).sum()

    assert not held.clashes
    assert (sold(free) > 13).any()
    assert (sold(held) <= 13 + 1e-6).all()


def test_the_changes_that_matter_most_are_chosen() -> None:
    settings = [Settings(budget=SLACK, holdout=FREE, bids=Bids(max_changes=n)) for n in (0, 5, 15, 40)]
    every, *few = [recommend.make(models(), one).decision for one in settings]
    words = np.arange(len(every.choice))
    gain = every.grid.value[words, every.choice] - every.grid.value[words, every.grid.start]
    forced = ~every.grid.allowed[words, every.grid.start]
    best = gain[forced].sum() + np.r_[0.0, np.sort(gain[~forced])[::-1].cumsum()]
    start = every.grid.value[words, every.grid.start].sum()
    for decision, most in zip(few, (5, 15, 40), strict=True):
        chosen = decision.grid.value[words, decision.choice].sum() - start
        assert (decision.choice != decision.grid.start).sum() <= max(most, forced.sum())
        assert chosen >= 0.98 * best[max(most - forced.sum(), 0)] - 1e-6


def test_an_roi_floor_out_of_reach_gives_way_before_the_number_of_changes() -> None:
    budget, bids = Budget(daily_cap=500), Bids(max_changes=30)
    plan = recommend.make(models(), Settings(budget=budget, bids=bids, objective=Objective(min_roi=9)))
    assert (plan.decision.choice != plan.decision.grid.start).sum() <= 30
    assert [clash.limit for clash in plan.decision.clashes] == ["min_roi"]
    assert plan.head["status"] == "review"


def test_a_cap_with_fen_is_no_cap_of_the_plans() -> None:
    decision = recommend.make(models(), Settings(budget=Budget(daily_cap=1234.56))).decision
    assert decision.problem.group_cap is not None
    assert np.isinf(decision.problem.group_cap).all()


@pytest.mark.parametrize("move", [0.05, 0.2])
def test_budgets_move_no_further_than_they_may(move: float) -> None:
    plans = models().campaigns
    plans = plans.assign(budget_now=np.where(plans["bidding"].eq("smart"), plans["budget_now"], 200.0))
    known = replace(models(), campaigns=plans)
    budgets = recommend.make(known, Settings(budget=Budget(daily_cap=2_000, max_change=move), holdout=FREE)).budgets
    assert len(budgets) > 1
    assert (budgets["budget_new"].between(200 * (1 - move) - 1, 200 * (1 + move))).all()


def test_the_cap_goes_before_the_moves_of_budgets() -> None:
    known = replace(models(), campaigns=models().campaigns.assign(budget_now=400.0))
    settings = Settings(budget=Budget(daily_cap=600, max_change=0.05, include_smart=False), holdout=FREE)
    assert recommend.make(known, settings).budgets["budget_new"].sum() <= 600


@pytest.mark.parametrize("cap", [733.5, 801.0])
def test_moves_of_budgets_that_the_cap_forbids_are_named(cap: float) -> None:
    ours = models().campaigns["bidding"].ne("smart") & models().campaigns["in_force"]
    known = replace(models(), campaigns=models().campaigns.assign(budget_now=np.where(ours, 401.3, np.nan)))
    settings = Settings(budget=Budget(daily_cap=cap, max_change=0.1), holdout=FREE)
    plan = recommend.make(known, settings)
    assert plan.budgets["budget_new"].sum() <= cap
    assert any("日预算降幅超过" in said for said in recommend.unheeded(known, plan.decision, settings))
    free = settings.model_copy(update={"budget": Budget(daily_cap=cap)})
    assert not recommend.unheeded(known, plan.decision, free)


def test_too_small_a_cap_names_the_budgets_and_counts_whole_yuan() -> None:
    campaigns = int((models().campaigns["bidding"].ne("smart") & models().campaigns["in_force"]).sum())
    with pytest.raises(SettingsError) as told:
        recommend.make(models(), Settings(budget=Budget(daily_cap=campaigns * 30.6, min_campaign=30.5)))
    name = models().campaigns["campaign_name"].iloc[0]
    assert f"{name} 31.00" in told.value.message
    assert f"{campaigns * 0.4:.2f}" in told.value.hint


@pytest.mark.parametrize("cap", [400.0, 600.0])
def test_floors_hold_after_what_budgets_cut_off(cap: float) -> None:
    campaign = first_campaign()
    plain = recommend.make(models(), Settings(budget=Budget(daily_cap=cap), holdout=FREE)).head
    floor = 1.1 * plain["by_campaign"][campaign]["spend"]
    spending = Settings(budget=Budget(daily_cap=cap), holdout=FREE, campaign=(Campaign(id=campaign, min_spend=floor),))
    plan = recommend.make(models(), spending)
    assert plan.decision.clashes or plan.head["by_campaign"][campaign]["spend"] >= floor * (1 - 1e-3)
    roi = 1.02 * plain["expected"]["roi"]
    held = recommend.make(
        models(), Settings(objective=Objective(min_roi=roi), budget=Budget(daily_cap=cap), holdout=FREE)
    ).head
    assert held["expected"]["roi"] >= roi * (1 - 1e-3) or held["status"] == "review"


def test_words_without_impressions_are_not_raised_beyond_the_number_of_changes() -> None:
    words = models().words
    unseen = words.index < 30
    dark = replace(models(), words=words.assign(seen_impressions=np.where(unseen, 0.0, words["seen_impressions"])))
    for most in (1, 4):
        settings = Settings(budget=SLACK, holdout=FREE, bids=Bids(max_changes=most))
        decision = recommend.make(dark, settings).decision
        assert (decision.choice != decision.grid.start).sum() <= most


def test_a_bid_that_falls_past_its_bound_is_told_the_bound() -> None:
    words = recommend.make(models(), Settings(budget=Budget(daily_cap=300), holdout=FREE, bids=Bids(max=1.0))).words
    back = words[(words["bid_now"] > 1.0) & (words["limited_by"] == "max_bid")]
    assert (back["bid_new"] < 0.995).any()
    assert (back["limit_value"] == 1.0).all()


def test_settings_that_do_nothing_are_named() -> None:
    text = models().words["keyword"].iloc[0]
    settings = Settings(
        budget=SLACK,
        holdout=FREE,
        campaign=(Campaign(id="777", min_spend=0), Campaign(id=first_campaign(), min_bid=0.9)),
        ad_group=(AdGroup(id="888"),),
        words=(WordClass(contains=(text[-1:],), max_bid=0.5), WordClass(keywords=("缺这个",))),
        bids=Bids(locked=("没有它", text), min_change=0.4),
    )
    told = " ".join(recommend.unheeded(models(), recommend.decide(models(), settings), settings))
    for named in (
        "[[campaign]] 777",
        "[[ad_group]] 888",
        "keywords 缺这个",
        "bids.locked 没有它",
        "0.40",
        "min_change",
    ):
        assert named in told
    assert f"bids.locked {text}" not in told
    plain = Settings(budget=SLACK, holdout=FREE)
    assert recommend.unheeded(models(), recommend.decide(models(), plain), plain) == []


def test_a_word_is_paused_only_where_it_loses_beyond_doubt_and_only_when_asked() -> None:
    words = models().words
    busiest = words["seen_clicks"].where(words["active"] & words["bid_known"]).idxmax()
    hopeless = replace(models(), words=words.assign(cvr=words["cvr"].where(words.index != busiest, 1e-5)))
    asked = recommend.make(hopeless, Settings(budget=SLACK, holdout=FREE, bids=Bids(pause=True)))
    assert asked.words.loc[busiest, "bid_new"] == 0
    assert asked.words.loc[busiest, "reason"] == "pause"
    assert asked.words.loc[busiest, "limited_by"] == ""
    assert asked.words.loc[busiest, "new_spend"] == 0
    unasked = recommend.make(hopeless, Settings(budget=SLACK, holdout=FREE)).words
    assert (unasked["bid_new"] > 0).all()
    row = next(r for r in bids_csv(asked.words, "zh").decode("utf-8-sig").splitlines() if "建议暂停" in r)
    assert ",,-100.0%," in row
    undone = rollback_bids_csv(asked.words, "zh").decode("utf-8-sig")
    assert f",0.00,{words.loc[busiest, 'bid_now']:.2f},+100.0%," in undone
    assert '"maxPrice": 0' not in simba_json(asked.words)


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.floats(150, 3_000),
    st.sampled_from(["profit", "gmv", "orders", "clicks", "roi"]),
    st.sampled_from([0.0, 2.0, 6.0]),
    st.sampled_from([0, 3, 30]),
    st.sampled_from([0.0, 80.0]),
    st.sampled_from([np.nan, 2.0, 30.0]),
    st.booleans(),
)
def test_every_limit_at_once_is_kept_or_named(
    cap: float, goal: str, roi: float, changes: int, floor: float, stock: float, pause: bool
) -> None:
    known = replace(models(), words=models().words.assign(stock=stock))
    settings = Settings(
        objective=Objective(maximise=goal, min_roi=roi),
        budget=Budget(daily_cap=max(cap, floor + 120)),
        campaign=(Campaign(id=first_campaign(), min_spend=floor),),
        bids=Bids(max_changes=changes, pause=pause),
        holdout=FREE,
    )
    plan = recommend.make(known, settings)
    decision = plan.decision
    assert plan.budgets["budget_new"].sum() <= settings.budget.daily_cap + 1e-6
    if decision.allocation.feasible:
        assert check(decision.problem, decision.allocation.choice) == []
    else:
        assert plan.head["status"] in ("review", "no_change")
        assert decision.allocation.binding
    words = np.arange(len(decision.choice))
    assert decision.grid.allowed[words, decision.choice].all()


def test_risk_aversion_gives_up_value_for_less_spread() -> None:
    def at(aversion: float) -> tuple[float, float]:
        settings = Settings(objective=Objective(risk_aversion=aversion), budget=SLACK, holdout=FREE)
        decision = recommend.decide(models(), settings)
        risk = curves.Risk.of(models(), decision.grid, "profit", decision.under_cap)
        words = np.arange(len(decision.choice))
        return float(decision.goal[words, decision.choice][decision.under_cap].sum()), risk.sd(decision.choice)

    found = {aversion: at(aversion) for aversion in (0.0, 0.3, 1.0)}
    for less, more in ((0.0, 0.3), (0.3, 1.0)):
        assert found[more][0] < found[less][0]
        assert found[more][1] < found[less][1]
    for aversion, (value, sd) in found.items():  # each is the best of them by its own measure
        assert all(value - aversion * sd >= v - aversion * s - 1e-6 * abs(v) for v, s in found.values())


def test_the_charge_for_risk_is_the_slope_of_the_whole_plans_sd() -> None:
    decision = recommend.decide(models(), Settings(budget=SLACK, holdout=FREE))
    risk = curves.Risk.of(models(), decision.grid, "profit", decision.under_cap)
    choice = decision.choice
    charge, small = risk.charge(choice), np.random.default_rng(0).choice(np.flatnonzero(decision.under_cap), 30)
    for word in small:
        other = choice.copy()
        other[word] = decision.grid.start[word]
        moved = risk.sd(other) - risk.sd(choice)
        assert moved == pytest.approx(
            charge[word, other[word]] - charge[word, choice[word]], abs=0.02 * risk.sd(choice)
        )
