"""What the report tells beside the plan is the plan's own: the same words, the same money, the same models."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bidopt import classes, recommend
from bidopt.export import Background, background, explorer, other_budgets
from bidopt.export.background import stake
from bidopt.recommend import Options, Plan
from bidopt.settings import Settings
from simulated import fitted, shop


@pytest.fixture(scope="module")
def made() -> tuple[Plan, Background]:
    models, panel = fitted()
    settings = Settings()
    options = Options(models, settings)
    plan = recommend.make(models, settings, options)
    plan = replace(plan, words=plan.words.assign(**classes.of(models, panel, shop().history)))
    return plan, background(plan, models, panel, other_budgets(models, settings, options), None)


def test_frontier_goes_through_the_plan(made: tuple[Plan, Background]) -> None:
    plan, behind = made
    cap = plan.head["caps"]["daily"]
    (own,) = [one for one in behind.frontier["scenarios"] if one["budget"] == cap]
    assert own["expected"] == plan.head["expected"]
    assert behind.frontier["current"] == plan.head["current"]
    assert behind.frontier["points"]["plan"] == cap


def test_recent_days_are_the_reports(made: tuple[Plan, Background]) -> None:
    _, behind = made
    days = shop().history.days
    reported = days.groupby("date")[["clicks", "spend", "gmv"]].sum()
    recent = behind.recent.set_index("date")
    shared = recent.index.intersection(reported.index)
    assert len(shared) == len(recent)
    manual = recent.loc[shared, ["clicks", "spend", "gmv"]]
    assert (manual <= reported.loc[shared] + 1e-6).all(axis=None)  # plans that bid by themselves are not in it
    assert manual["spend"].sum() > 0.5 * reported.loc[shared, "spend"].sum()
    assert recent["final_gmv"].iloc[-1] > recent["gmv"].iloc[-1]  # still growing


def test_words_told_are_those_with_most_at_stake(made: tuple[Plan, Background]) -> None:
    plan, behind = made
    worth = stake(plan.words)[behind.told]
    assert (np.diff(worth) <= 0).all()
    assert len(behind.told) == len(behind.observed) == min(500, len(plan.words))


def test_json_of_the_page_holds_each_words_curve_and_closes_no_script(made: tuple[Plan, Background]) -> None:
    plan, behind = made
    words = plan.words.assign(keyword="</script><b>" + plan.words["keyword"])
    text = explorer.explorer_json(words, plan.curves, behind, "en")
    assert "<" not in text
    told: Any = json.loads(text)
    first, row = told["words"][0], words.iloc[behind.told[0]]
    assert first["name"] == row["keyword"]
    of_word = plan.curves[plan.curves["keyword_id"] == row["keyword_id"]]
    assert len(first["curve"]["bid"]) in of_word.groupby("campaign_id").size().tolist()
    assert first["new"] in first["curve"]["bid"]
    assert len(first["daily"]["spend"]) == len(told["days"])
