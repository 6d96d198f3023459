"""What holds a plan back: each gate on data that it should notice, and on data that it should not."""

import datetime as dt
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from bidopt import gates, recommend
from bidopt.errors import UsageError
from bidopt.fit import FittedModels, Panel
from bidopt.gates import Gate, Override
from bidopt.recommend import Plan
from bidopt.settings import Budget, Gates, Promotion, Settings
from bidopt.store import History
from simulated import fitted, shop


def held(found: list[Gate]) -> dict[str, str]:
    """The results that are not PASS, by gate."""
    return {gate.name: gate.result for gate in found if gate.result != "PASS"}


def checked(history: History, settings: Settings | None = None) -> list[Gate]:
    return gates.check(history, settings or Settings(), shop().day)


def vanished(history: History) -> Gate:
    (found,) = (gate for gate in checked(history) if gate.name == "vanished")
    return found


def biggest() -> tuple[str, str]:
    """(campaign_id, campaign_name) of the plan that spends the most."""
    spend = shop().history.days.groupby(["campaign_id", "campaign_name"])["spend"].sum()
    campaign, name = spend.idxmax()
    return str(campaign), str(name)


def newest_rows(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["date"] == frame["date"].max()


def test_a_usual_shop_passes() -> None:
    assert held(checked(shop().history)) == {}


def test_without_a_complete_day_there_is_one_reason() -> None:
    history = shop().history
    covered = history.covered.assign(downloaded_at=history.covered["date"] + pd.Timedelta(hours=8))
    assert held(checked(replace(history, covered=covered))) == {gates.NOTHING: "FAIL"}


def test_old_data_and_holes_fail_and_say_what_to_do() -> None:
    history = shop().history
    lost = history.covered["date"] == pd.Timestamp(shop().day) - pd.Timedelta(days=3)
    found = checked(replace(history, covered=history.covered[~lost]))
    assert held(found) == {"hole": "FAIL"}
    assert "下载缺的这些天" in next(gate.message for gate in found if gate.name == "hole")
    late = gates.check(history, Settings(gates=Gates(max_age_days=0)), shop().day + dt.timedelta(days=1))
    assert held(late) == {"age": "FAIL"}


def test_a_plan_gone_from_the_newest_report_is_named() -> None:
    history, (campaign, name) = shop().history, biggest()
    days = history.days[~(newest_rows(history.days) & history.days["campaign_id"].eq(campaign))]
    found = vanished(replace(history, days=days))
    assert found.result == "REVIEW"
    assert name in found.message


def test_words_that_a_table_stopped_have_not_vanished() -> None:
    history, (campaign, _) = shop().history, biggest()
    days = history.days[~(newest_rows(history.days) & history.days["campaign_id"].eq(campaign))]
    paused = newest_rows(history.words) & history.words["campaign_id"].eq(campaign)
    words = history.words.assign(status=history.words["status"].mask(paused, "paused"))
    assert vanished(replace(history, days=days, words=words)).result == "PASS"


@pytest.mark.parametrize("table", ["words", "plans"])
def test_a_plan_gone_from_the_newest_table_is_noticed(table: str) -> None:
    history, (campaign, _) = shop().history, biggest()
    rows: pd.DataFrame = getattr(history, table)
    kept = rows[~(newest_rows(rows) & rows["campaign_id"].eq(campaign))]
    assert vanished(replace(history, **{table: kept})).result == "REVIEW"


def test_few_words_may_vanish() -> None:
    history = shop().history
    newest = history.days[newest_rows(history.days)]
    least = newest.nsmallest(len(newest) // 4, "spend").index
    assert vanished(replace(history, days=history.days.drop(least))).result == "PASS"


def jumped(factor: float, *names: str, settings: Settings | None = None) -> Gate:
    """The gate where the newest day's `names` were `factor` of what they are."""
    models, panel = fitted()
    counts = {name: values.copy() for name, values in panel.counts.items()}
    for name in names:
        counts[name][:, -1] *= factor
    return gates.jump(models, replace(panel, counts=counts), settings or Settings())


@pytest.mark.parametrize(
    ("factor", "names", "result"),
    [
        (1.0, (), "PASS"),
        (1.5, ("spend", "clicks", "gmv", "orders"), "PASS"),
        (3.0, ("spend",), "REVIEW"),
        (0.3, ("clicks",), "REVIEW"),
        (4.0, ("gmv",), "REVIEW"),
    ],
)
def test_totals_that_jump(factor: float, names: tuple[str, ...], result: str) -> None:
    assert jumped(factor, *names).result == result


def test_a_declared_promotion_is_no_jump() -> None:
    newest = shop().day - dt.timedelta(days=1)
    special = Settings(promotion=(Promotion(name="店庆", start=newest, end=newest),))
    assert jumped(3.0, "spend", settings=special).result == "PASS"


def test_what_bids_explain_is_no_jump() -> None:
    """All bids cut to a third: traffic as the curves have it passes, the usual traffic would be a surprise."""
    models, panel = fitted()
    bid = panel.bid.copy()
    bid[:, -1] /= 3
    ends = panel.bid[:, [-1]], bid[:, [-1]]
    was, now = (models.landscape.reach(b) for b in ends)
    was_paid, now_paid = (models.landscape.cpc(b) for b in ends)
    clicks = panel.clicks.copy()
    spend = panel.spend.copy()
    clicks[:, -1] *= (now / was)[:, 0]
    spend[:, -1] *= (now / was * now_paid / was_paid)[:, 0]
    assert spend[:, -1].sum() < 0.4 * panel.spend[:, -1].sum()

    def result(**counts: npt.NDArray[np.float64]) -> str:
        told = panel.counts | counts | {name: np.zeros_like(bid) for name in ("gmv", "orders")}
        return gates.jump(models, replace(panel, bid=bid, counts=told), Settings()).result

    assert result(clicks=clicks, spend=spend) == "PASS"
    assert result() == "REVIEW"


def test_a_handful_of_clicks_cannot_jump() -> None:
    """Three times one click is chance, three times a hundred is not."""
    models, panel = fitted()

    def result(scale: float) -> str:
        counts = {name: values * scale for name, values in panel.counts.items()}
        for name in ("clicks", "spend"):
            counts[name][:, -1] *= 3
        return gates.jump(models, replace(panel, counts=counts), Settings()).result

    assert result(2 / panel.clicks.sum(0).mean()) == "PASS"
    assert result(1.0) == "REVIEW"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return recommend.make(fitted()[0], Settings(budget=Budget(daily_cap=500)))


@pytest.mark.parametrize(
    ("bars", "result"),
    [(Gates(), "PASS"), (Gates(max_words_changed=0.05), "REVIEW"), (Gates(max_spend_moved=0.01), "REVIEW")],
)
def test_too_much_at_once(plan: Plan, bars: Gates, result: str) -> None:
    assert gates.changes(plan, Settings(gates=bars)).result == result


def test_what_the_cap_takes_away_is_not_the_plans_doing() -> None:
    models: FittedModels
    panel: Panel
    models, panel = fitted()
    tight = recommend.make(models, Settings(budget=Budget(daily_cap=0.35 * float(panel.spend[:, -7:].sum(0).mean()))))
    now, new = (tight.words[f"{when}_spend"][tight.decision.under_cap] for when in ("now", "new"))
    assert (new - now).abs().sum() > 0.6 * now.sum()
    assert gates.changes(tight, Settings()).result == "PASS"


@pytest.mark.parametrize(
    ("names", "why", "told"),
    [(("nope",), "x", "vanished"), ((gates.NOTHING,), "x", "nothing to plan from"), (("age",), " ", "--why")],
)
def test_an_override_is_of_a_gate_that_can_be_passed_over_and_has_a_reason(
    names: tuple[str, ...], why: str, told: str
) -> None:
    with pytest.raises(UsageError) as wrong:
        Override(names, why, "someone@here")
    assert told in str(wrong.value)


def test_an_override_keeps_the_result_and_says_who_and_why() -> None:
    failed, passed, other = (Gate(n, r, "") for n, r in (("age", "FAIL"), ("hole", "PASS"), ("jump", "REVIEW")))
    override = Override(("age", "hole"), "platform down", "someone@here")
    over = gates.passed_over([failed, passed, other], override)
    assert [gate.holds for gate in over] == [False, False, True]
    assert over[0].facts()["result"] == "FAIL"
    assert over[0].facts()["overridden"] is True
    assert (over[0].facts()["why"], over[0].facts()["by"]) == ("platform down", "someone@here")
    assert "overridden" not in over[1].facts()
