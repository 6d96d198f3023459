"""Every reason and every limit comes about in a small shop, is true there, and has its words in both languages."""

import string
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from bidopt import recommend
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.fit import FittedModels
from bidopt.prose import BUDGET_REASON, LIMIT, LIMIT_VALUE, NUMBERS, REASON
from bidopt.recommend import Plan
from bidopt.recommend.reasons import explain
from bidopt.settings import Bids, Budget, Campaign, Explore, Holdout, Objective, Settings
from simulated import fitted

SLACK = Budget(daily_cap=1e5)
FREE = Holdout(share=0.0)


@cache
def models() -> FittedModels:
    return fitted()[0]


def with_words(change: Callable[[pd.DataFrame], dict[str, object]]) -> FittedModels:
    return replace(models(), words=models().words.assign(**change(models().words)))


def busiest(words: pd.DataFrame) -> "pd.Series[bool]":
    """One word of the many that could move."""
    free = words["bid_known"] & words["active"] & words["word_type"].eq("keyword")
    return pd.Series(words.index == words["seen_clicks"].where(free).idxmax(), index=words.index)


def campaigns() -> list[str]:
    return list(models().campaigns["campaign_id"])


def with_budgets(budget: float) -> FittedModels:
    return replace(models(), campaigns=models().campaigns.assign(budget_now=budget))


@cache
def plans() -> dict[str, Plan]:
    """Small shops, one a situation."""
    few = Settings(budget=SLACK, holdout=FREE)
    situations: dict[str, tuple[FittedModels, Settings]] = {
        "slack": (models(), Settings(budget=SLACK)),
        "tight": (models(), Settings(budget=Budget(daily_cap=500), holdout=FREE)),
        "gmv": (models(), Settings(objective=Objective(maximise="gmv"), budget=Budget(daily_cap=900), holdout=FREE)),
        "ratio": (models(), Settings(objective=Objective(maximise="roi"), budget=Budget(daily_cap=900), holdout=FREE)),
        "floor": (models(), Settings(objective=Objective(min_roi=5.0), budget=SLACK, holdout=FREE)),
        "margins": (
            with_words(lambda w: {"margin": np.where(w["item_id"] == w["item_id"].max(), 0.12, 0.5)}),
            Settings(objective=Objective(min_roi=4.2), budget=SLACK, holdout=FREE),
        ),
        "risk": (models(), Settings(objective=Objective(risk_aversion=1.0), budget=SLACK, holdout=FREE)),
        "kept": (with_budgets(190.0), Settings(budget=Budget(daily_cap=1e6, reallocate=False), holdout=FREE)),
        "bounds": (models(), Settings(bids=Bids(min=0.6, max=1.0), budget=SLACK, holdout=FREE)),
        "ends": (models(), Settings(bids=Bids(min=0.55, max=0.9, max_change=1.0), budget=SLACK, holdout=FREE)),
        "coarse": (models(), Settings(bids=Bids(min_change=0.2), budget=SLACK, holdout=FREE)),
        "few": (models(), Settings(bids=Bids(max_changes=4), budget=SLACK, holdout=FREE)),
        "learning": (models(), Settings(explore=Explore(share=0.2), budget=SLACK, holdout=FREE)),
        "unknown": (with_words(lambda w: {"seen_clicks": 0.0, "seen_impressions": w["seen_impressions"] + 1}), few),
        "young": (replace(models(), days_seen=5), few),
        "blind": (replace(models(), days_seen=0), Settings(budget=Budget(daily_cap=300), holdout=FREE)),
        "locked": (models(), Settings(bids=Bids(locked=tuple(models().words["keyword"][:40])), holdout=FREE)),
        "absent": (with_words(lambda w: {"listed": False, "no_table": False}), few),
        "nameless": (with_words(lambda w: {"keyword_id": w["keyword_id"].where(~busiest(w), "")}), few),
        "hidden": (with_words(lambda w: {"min_bid": np.where(busiest(w), 5 * w["bid_now"], np.nan)}), few),
        "unlimited": (with_budgets(np.inf), few),
        "untold": (with_budgets(np.nan), few),
        "idle": (with_words(lambda w: {"demand": np.where(w["campaign_id"] == w["campaign_id"].min(), 0.0, 1.0)}), few),
        "sold_out": (with_words(lambda w: {"stock": 9 + w.groupby("item_id")["orders_to_come"].transform("sum")}), few),
        "must_spend": (
            with_words(lambda w: {"cvr": 0.3 * w["cvr"]}),
            Settings(budget=SLACK, holdout=FREE, campaign=tuple(Campaign(id=i, min_spend=150) for i in campaigns())),
        ),
        "pausing": (
            with_words(lambda w: {"cvr": 0.01 * w["cvr"]}),
            Settings(budget=SLACK, bids=Bids(pause=True), holdout=FREE),
        ),
        "kept_alike": (models(), Settings(budget=Budget(daily_cap=1e6, reallocate=False))),
    }
    return {name: recommend.make(*situation) for name, situation in situations.items()}


def words_of(name: str, reason: str) -> pd.DataFrame:
    words = plans()[name].words
    chosen = words[words["reason"] == reason]
    assert len(chosen), f"{reason} did not come about"
    return chosen


def failed() -> pd.DataFrame:
    """What is said of the words of a plan whose optimiser failed: today's bids stand."""
    decision = plans()["slack"].decision
    rows = np.flatnonzero(decision.under_cap)
    kept = replace(decision.allocation, tried=("dual", "keep"), choice=decision.grid.start[rows])
    return explain(models(), replace(decision, allocation=kept, choice=decision.grid.start), Settings(budget=SLACK))


def test_every_reason_and_every_limit_comes_about_and_no_other() -> None:
    told = pd.concat([*(plan.words for plan in plans().values()), failed()])
    assert set(told["reason"]) == set(REASON)
    assert set(told["limited_by"]) == set(LIMIT)
    with_value = told["limited_by"].isin(list(LIMIT_VALUE)) & told["reason"].ne("keep_evidence")
    assert told.loc[with_value, "limit_value"].notna().all()
    assert told.loc[~with_value, "limit_value"].isna().all()


def test_every_reason_of_a_budget_comes_about_and_no_other() -> None:
    assert {code for plan in plans().values() for code in plan.budgets["reason"]} == set(BUDGET_REASON)


@pytest.mark.parametrize("texts", [REASON, BUDGET_REASON, LIMIT, LIMIT_VALUE, NUMBERS])
def test_codes_speak_both_languages_with_the_same_numbers(texts: dict[str, dict[str, str]]) -> None:
    for said in texts.values():
        assert set(said) == {"zh", "en"}
        named = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in said.values()]
        assert named[0] == named[1]


def test_sentences_carry_their_numbers() -> None:
    for plan in plans().values():
        for language in ("zh", "en"):
            for text in [*word_reasons(plan.words, language), *budget_reasons(plan.budgets, language)]:
                assert text
                assert "nan" not in text
                assert "{" not in text
    cut = words_of("tight", "cut_for_cap").iloc[[0]]
    (text,) = word_reasons(cut, "zh")
    assert f"花费 {cut['more_spend'].iloc[0]:+.1f} 元" in text
    assert f"在别处值 {plans()['tight'].head['optimality']['shadow_price']:.2f}" in text


@pytest.mark.parametrize(
    ("name", "reason", "without"),
    [
        ("tight", "cut_for_cap", Settings(budget=SLACK, holdout=FREE)),
        ("floor", "cut_for_roi", Settings(budget=SLACK, holdout=FREE)),
        ("risk", "cut_for_risk", Settings(budget=SLACK, holdout=FREE)),
    ],
)
def test_a_bid_cut_for_a_limit_would_be_cut_less_than_half_as_far_without_it(
    name: str, reason: str, without: Settings
) -> None:
    cut = words_of(name, reason)
    free = recommend.make(models(), without).words.loc[cut.index, "bid_new"]
    assert (free - cut["bid_new"] > 0.5 * (cut["bid_now"] - cut["bid_new"]) - 0.01).all()


def test_a_bid_cut_for_its_cost_would_be_cut_under_any_cap() -> None:
    cut = words_of("tight", "cut_costs")
    free = plans()["slack"].words.loc[cut.index]
    free = free[free["reason"] != "keep_holdout"]
    assert (free["bid_new"] < free["bid_now"]).all()


def test_what_is_given_up_for_a_cap_brings_less_than_elsewhere() -> None:
    for name, reason in (("tight", "cut_for_cap"), ("gmv", "cut_for_cap"), ("kept", "cut_for_campaign")):
        cut = words_of(name, reason)
        assert (cut["return_here"] <= cut["return_elsewhere"] + 1e-9).all()


def test_a_bid_raised_for_the_floor_costs_profit_and_lifts_the_ratio() -> None:
    chosen, words = plans()["margins"], words_of("margins", "raise_for_roi")
    grid, rows = chosen.decision.grid, words.index.to_numpy()
    best = np.where(grid.allowed, grid.response.profit, -np.inf).argmax(1)[rows]
    extra = {
        name: getattr(grid.response, name)[rows, chosen.decision.choice[rows]]
        - getattr(grid.response, name)[rows, best]
        for name in ("profit", "gmv", "spend")
    }
    assert (extra["profit"] < 0).all()
    assert (extra["gmv"] > 4.2 * extra["spend"]).all()


def test_a_bid_stopped_by_the_step_goes_further_with_a_longer_one() -> None:
    settings = Settings(budget=SLACK, holdout=FREE)
    short = recommend.make(models(), settings).words
    longer = recommend.make(models(), Settings(budget=SLACK, holdout=FREE, bids=Bids(max_change=0.36))).words
    stopped = short["limited_by"] == "step"
    further = (longer["bid_new"] - short["bid_new"]) * np.sign(short["bid_new"] - short["bid_now"])
    assert stopped.sum() > 20
    assert (further[stopped] > -0.015).all()  # the options of another range lie elsewhere by a fen
    assert (further[stopped] > 0).mean() > 0.8
    free = short["limited_by"].eq("") & short["reason"].isin(["raise_pays", "cut_costs"])
    assert ((longer["bid_new"] / short["bid_new"] - 1).abs()[free] < 0.05).all()


def test_a_word_without_clicks_is_said_to_be_judged_by_its_kind() -> None:
    plan = plans()["unknown"]
    assert not plan.words["reason"].isin(["raise_pays", "keep_best"]).any()
    raised = words_of("unknown", "raise_kin")
    assert all("15 天点击 0 次" in text for text in word_reasons(raised, "zh"))
