"""The laws behind the 80 % intervals: against draws, against what a simulated market brought, and as laws."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bidopt import curves, fit, store
from bidopt.curves import Law
from bidopt.curves.laws import Budgeted, Count, Difference, Money, Normal
from bidopt.curves.spread import (
    HIGH,
    LOW,
    campaign_intervals,
    campaign_laws,
    interval,
    total_interval,
    word_intervals,
    word_laws,
)
from bidopt.fit.noise import USUAL_DEMAND, day_noise
from bidopt.schema import UNIT
from bidopt.settings import Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace
from simulated import fitted

DRAWS = 20_000


def _pit(law: Law, came: np.ndarray) -> np.ndarray:
    """The randomised probability integral transform: uniform where `came` is drawn from `law`."""
    below, upto = law.below(came), law.cdf(came)
    return below + (upto - below) * np.random.default_rng(0).random(len(came))


def _covered(law: Law, came: np.ndarray) -> float:
    return float(((_pit(law, came) >= LOW) & (_pit(law, came) <= HIGH)).mean())


def _clicks(rng: np.random.Generator, mean: float, relative: float) -> np.ndarray:
    return rng.poisson(mean * rng.gamma(1 / relative, relative, DRAWS))


@pytest.mark.parametrize("mean", [0.02, 0.7, 6.0, 400.0])
@pytest.mark.parametrize("relative", [0.01, 0.2, 1.0])
def test_counts_drawn_from_their_law_fall_evenly_in_it(mean: float, relative: float) -> None:
    came = _clicks(np.random.default_rng(1), mean, relative).astype(float)
    law = Count(np.full(DRAWS, mean), np.full(DRAWS, mean + relative * mean**2))
    tenths = np.histogram(_pit(law, came), 10, (0, 1))[0] / DRAWS
    assert tenths == pytest.approx(np.full(10, 0.1), abs=0.012)


@pytest.mark.parametrize("mean", [0.05, 0.5, 3.0, 40.0])
def test_money_of_few_clicks_falls_inside_as_often_as_said(mean: float) -> None:
    """What clicks of 2 yuan cost, with the chance of none: the gamma law stands in for the true compound."""
    rng = np.random.default_rng(2)
    clicks = _clicks(rng, mean, 0.2)
    came = clicks * 2 * np.exp(rng.normal(0, 0.15, DRAWS))
    law = Money(
        np.full(DRAWS, came.mean()),
        np.full(DRAWS, came.var()),
        Count(np.array([mean]), np.array([mean + 0.2 * mean**2])).none,
    )
    assert _covered(law, came) == pytest.approx(0.8, abs=0.04)


def test_profit_of_rare_orders_falls_inside_as_often_as_said() -> None:
    rng = np.random.default_rng(3)
    orders, clicks = _clicks(rng, 0.3, 0.3), _clicks(rng, 8.0, 0.2)
    gmv, spend = orders * 100 * np.exp(rng.normal(0, 0.3, DRAWS)), clicks * 2.0
    none = Count(np.array([0.3]), np.array([0.3 + 0.3 * 0.09])).none
    moments = [(np.full(DRAWS, x.mean()), np.full(DRAWS, x.var())) for x in (gmv, spend)]
    law = Difference(Money(*moments[0], none), Money(*moments[1]), np.full(DRAWS, 0.4))
    assert _covered(law, 0.4 * gmv - spend) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("budget", [60.0, 100.0, 160.0, np.inf])
def test_a_day_that_a_budget_stops_falls_evenly_in_its_law(budget: float) -> None:
    rng = np.random.default_rng(4)
    wanted = 100 * rng.gamma(1 / 0.04, 0.04, DRAWS)
    came = np.minimum(wanted, budget * rng.uniform(0.98, 1.0, DRAWS)) if np.isfinite(budget) else wanted
    law = Budgeted(Money(np.full(DRAWS, 100.0), np.full(DRAWS, 400.0)), np.full(DRAWS, budget), 0.98)
    tenths = np.histogram(_pit(law, came), 10, (0, 1))[0] / DRAWS
    assert tenths == pytest.approx(np.full(10, 0.1), abs=0.012)
    assert law.quantile(HIGH)[0] <= budget


MEANS = arrays.arrays(float, 5, elements=st.floats(0, 1e4))
RELATIVE = arrays.arrays(float, 5, elements=st.floats(1e-4, 3.0))


def _all_laws(mean: np.ndarray, relative: np.ndarray) -> list[tuple[Law, np.ndarray]]:
    counts = Count(mean, mean + relative * mean**2)
    money = Money(2 * mean, 4 * (mean + relative * mean**2), counts.none)
    budgeted = Budgeted(money, mean + 1, 0.98)
    return [
        (counts, mean),
        (money, money.mean),
        (budgeted, np.minimum(money.mean, mean + 1)),
        (Normal(mean - 5, relative * mean**2 + 1e-6), mean - 5),
        (Difference(money, money, np.full(5, 1.5)), mean),
    ]


@settings(max_examples=30)
@given(MEANS, RELATIVE, st.sampled_from([0.05, LOW, 0.5, HIGH, 0.95]))
def test_quantiles_invert_the_laws(mean: np.ndarray, relative: np.ndarray, share: float) -> None:
    for law, _ in _all_laws(mean, relative):
        at = law.quantile(share)
        slack = 1e-6 * (1 + np.abs(at))
        assert (law.cdf(at + slack) >= share - 2e-3).all()
        assert (law.below(at - slack) <= share + 2e-3).all()


@settings(max_examples=30)
@given(MEANS, RELATIVE)
def test_intervals_hold_their_mean(mean: np.ndarray, relative: np.ndarray) -> None:
    for law, middle in _all_laws(mean, relative):
        low, high = interval(law, middle)
        assert (low <= middle).all()
        assert (middle <= high).all()


@given(st.floats(0.1, 1e5), st.floats(5e-3, 0.5), st.floats(1.05, 2.0))
def test_more_variance_is_a_wider_interval(mean: float, relative: float, more: float) -> None:
    at = np.array([mean])
    narrow, wide = (interval(Money(at, np.array([v * mean**2])), at) for v in (relative, relative * more))
    assert wide[0] < narrow[0]
    assert wide[1] > narrow[1]


def test_noise_is_found_in_its_three_parts() -> None:
    rng = np.random.default_rng(5)
    n, days, campaigns = 300, 42, 10
    group = np.arange(n) % campaigns
    foreseen = np.exp(rng.normal(3, 1.2, n))[:, None] * np.ones(days)
    shop, campaign = rng.normal(0, 0.08, days), rng.normal(0, 0.12, (campaigns, days))
    level = np.exp(shop + campaign[group]) * rng.gamma(1 / 0.09, 0.09, (n, days))
    events = rng.poisson(foreseen * level).astype(float)
    everywhere = np.ones((n, days), bool)
    found = day_noise(events, foreseen, everywhere, group, np.zeros(n), np.zeros(campaigns), USUAL_DEMAND)
    assert found.word == pytest.approx(0.09, rel=0.2)
    assert found.campaign == pytest.approx(0.12**2, rel=0.35)
    assert found.shop == pytest.approx(0.08**2, abs=0.005)
    nothing = np.zeros((n, days))
    told = day_noise(nothing, nothing, everywhere, group, np.zeros(n), np.zeros(campaigns), USUAL_DEMAND)
    assert told == USUAL_DEMAND


def _doubt(budget: float | None = None) -> tuple[curves.Doubt, np.ndarray]:
    models, _ = fitted()
    now = models.words["bid_now"].to_numpy()
    said = curves.respond(models, now[:, None]).pick(np.zeros(len(now), np.intp))
    if budget is None:
        return curves.doubt(models, said, now), models.campaign
    size = len(models.campaigns)
    spend = np.bincount(models.campaign, said.spend, size)
    served = np.full(size, 0.9)
    limits = np.maximum(spend * budget, 1.0)
    return curves.doubt(models, said.cut(served[models.campaign]), now, limits, served), models.campaign


def test_sums_scatter_less_than_their_words_and_more_than_alone() -> None:
    doubt, group = _doubt()
    everything = np.ones(len(group), bool)
    by_word, by_campaign = word_intervals(doubt, group), campaign_intervals(doubt, group)
    for name, (mean, low, high) in total_interval(doubt, group, everything).items():
        words, (campaign_mean, campaign_low, campaign_high) = by_word[name], by_campaign[name]
        assert mean == pytest.approx(campaign_mean.sum())
        assert high - low < (campaign_high - campaign_low).sum() < (words[1] - words[0]).sum()
        alone = np.sqrt(doubt.own[name].sum())
        assert (high - low) / 2.56 > 0.99 * alone


def test_a_budget_narrows_the_day_and_is_never_passed() -> None:
    free, group = _doubt()
    tight, _ = _doubt(budget=0.95)
    for name in ("clicks", "spend"):
        (_, low, high), (_, tight_low, tight_high) = (campaign_intervals(d, group)[name] for d in (free, tight))
        assert ((tight_high - tight_low) <= (high - low) + 1e-9).all(), name
    assert (campaign_intervals(tight, group)["spend"][2] <= tight.limit.budget + 1e-9).all()


def test_bids_far_from_the_present_are_less_sure() -> None:
    models, _ = fitted()
    now = models.words["bid_now"].to_numpy()
    said = curves.respond(models, now[:, None]).pick(np.zeros(len(now), np.intp))
    near, far = (curves.doubt(models, said, now * factor) for factor in (1.0, 1.3))
    everything = np.ones(len(now), bool)
    for name in ("clicks", "spend", "gmv"):
        (_, low, high), (_, far_low, far_high) = (
            total_interval(d, models.campaign, everything)[name] for d in (near, far)
        )
        assert far_high - far_low > high - low


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Where what came fell in its law: six nights of a small market whose bids stand, models fitted every night."""
    market = Market(MarketSpec("lognormal", 3, words=120, history_days=34))
    market.play_history()
    workspace = Workspace(tmp_path_factory.mktemp("shop"))
    delivered = market.write_history_exports(tmp_path_factory.mktemp("exports"))
    rows = []
    for night in range(6):
        day = market.next_day
        with workspace.lock():
            store.import_files(workspace, delivered, lambda _: None)
        models, _ = fit.fit(store.read_history(workspace, day), Settings(), day)
        came = market.play(day, market.bids, dict.fromkeys(market.budgets, 1e6))
        rows.append(_places(market, models, came))
        delivered = market.write_exports(tmp_path_factory.mktemp(f"night{night}"), market.next_day, since_days=16)
    return pd.concat(rows)


def _places(market: Market, models: fit.FittedModels, came: object) -> pd.DataFrame:
    whole = dataclasses.replace(models, words=models.words.assign(refund_rate=0.0))
    now = models.words["bid_now"].to_numpy()
    doubt = curves.doubt(whole, curves.respond(whole, now[:, None]).pick(np.zeros(len(now), np.intp)), now)
    place = pd.MultiIndex.from_frame(market.words[list(UNIT)]).get_indexer(
        pd.MultiIndex.from_frame(models.words[list(UNIT)])
    )
    orders = came.orders
    outcome = {
        "spend": came.spend,
        "orders": np.bincount(orders.word, minlength=len(place)).astype(float),
        "gmv": np.bincount(orders.word, orders.value, len(place)),
    }
    rows = []
    for name, values in outcome.items():
        words = values[place]
        sums = np.bincount(models.campaign, words, len(models.campaigns))
        for level, laws, figure in (
            ("words", word_laws(doubt, models.campaign), words),
            ("campaigns", campaign_laws(doubt, models.campaign), sums),
        ):
            rows.append(pd.DataFrame({"level": level, "figure": name, "pit": _pit(laws[name], figure)}))
    return pd.concat(rows)


@pytest.mark.parametrize("figure", ["spend", "orders", "gmv"])
@pytest.mark.parametrize(("level", "slack"), [("words", 0.05), ("campaigns", 0.15)])
def test_intervals_cover_what_comes_to_pass(places: pd.DataFrame, figure: str, level: str, slack: float) -> None:
    pit = places.query("level == @level and figure == @figure")["pit"]
    assert pit.between(LOW, HIGH).mean() == pytest.approx(0.8, abs=slack)
