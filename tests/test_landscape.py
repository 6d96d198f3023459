"""The bid landscape and the standings it rests on, against formulas and the simulated market's truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from bidopt.fit import landscape, standing
from bidopt.fit.landscape import Landscape, elasticity, rivals
from bidopt.fit.panel import Panel
from bidopt.fit.standing import Market, Standing
from bidopt.schema import UNIT
from simulated import fitted, shop

Array = np.ndarray
SHAPE = np.log([1.1, 1.4, 0.7])


@pytest.mark.parametrize("x", [-1.5, 0.0, 0.8])
def test_rivals_above_are_the_integral_of_the_elasticity(x: float) -> None:
    whole, _ = integrate.quad(lambda at: float(elasticity(np.array(at), SHAPE)), x, 12)
    assert rivals(np.array(x), SHAPE) == pytest.approx(whole, rel=1e-6)


def test_reach_is_the_chance_that_no_rival_of_a_poisson_number_bids_more() -> None:
    """A Poisson number of rivals with log-normal bids: `rivals` counts those above the word's standing."""
    s, f, c = np.exp(SHAPE)
    spread, centre = 1 / np.sqrt(c), -f / c
    total = s * np.sqrt(2 * np.pi / c) * np.exp(f**2 / (2 * c))
    rng = np.random.default_rng(4)
    number = rng.poisson(total, 40_000)
    highest = np.array([rng.normal(centre, spread, k).max(initial=-np.inf) for k in number])
    for x in (-1.0, 0.0, 1.0):
        assert np.exp(-rivals(np.array(x), SHAPE)) == pytest.approx((highest < x).mean(), abs=0.01)


def _one_word(location: float, premium: float, steeper: float) -> Landscape:
    one = np.array([1.0])
    place = Standing(Market(), np.zeros((1, 5)), location * one, 0.1 * one, -0.3 * one, 0.05 * one)
    return Landscape(place, SHAPE, steeper * one, 0.1 * one, premium * one)


@given(
    st.lists(st.floats(0.05, 20), min_size=2, max_size=8, unique=True),
    st.floats(-2, 2), st.floats(1, 2), st.floats(0.3, 3),
)  # fmt: skip
def test_curves_are_monotone_and_never_charge_more_than_the_effective_bid(
    bids: list[float], location: float, premium: float, steeper: float
) -> None:
    word, bid = _one_word(location, premium, steeper), np.sort(np.array([bids]))
    assert (np.diff(word.reach(bid)) >= 0).all()
    assert (word.reach(bid) <= 1).all()
    assert (word.cpc(bid) <= bid * premium + 1e-12).all()
    assert (np.diff(word.cpc(bid)) >= -1e-12).all()


def _panel(log_bid: Array, location: Array, *, ranked: bool = True, shows: float = 400.0) -> Panel:
    """Words whose ranks and prices follow `Market()` exactly but for the noise of counts."""
    rng = np.random.default_rng(0)
    n, m = log_bid.shape
    x = log_bid - location
    places = standing.FEWEST_PLACES
    rank = 1 + places / (1 + (places - 1) * np.exp(standing.USUAL_RATE * x))
    rank = rank + rng.normal(0, 0.5 / np.sqrt(shows), (n, m)) if ranked else np.full((n, m), np.nan)
    clicks = np.full((n, m), shows / 20)
    spend = clicks * np.exp(location - 0.3 + Market().log_cpc(x) + rng.normal(0, 0.05, (n, m)))
    blank = pd.DataFrame(index=range(n))
    return Panel(
        units=blank, days=pd.date_range("2026-04-01", periods=m),
        counts={"impressions": np.full((n, m), shows), "clicks": clicks, "spend": spend},
        exposed={}, rank=rank, running=np.ones((n, m), bool), covered=np.ones(m, bool), age=np.ones(m),
        bid=np.exp(log_bid), bid_now=np.exp(log_bid[:, -1]), bid_told=np.ones(log_bid.shape, bool), campaigns=blank,
        campaign=np.zeros(n, np.intp), ad_group=np.zeros(n, np.intp), item=np.zeros(n, np.intp), item_ids=["1"],
        budget=np.full((1, m), np.inf), budget_known=np.ones((1, m), bool),
    )  # fmt: skip


def test_bids_that_no_table_tells_say_nothing_of_premiums() -> None:
    """Bids were cut by half a week ago and the first table is today's: what was paid before passed no premium."""
    log_bid = np.repeat([0.0, -0.7], [40, 7])[None, :] * np.ones((60, 1))
    panel = _panel(log_bid, np.full((60, 1), -0.3))
    told = np.arange(47) == 46
    untold = replace(panel, bid=np.exp(np.full(log_bid.shape, -0.7)), bid_told=np.tile(told, (60, 1)))
    assert (panel.spend / panel.clicks / untold.bid).max() > 1.3
    np.testing.assert_array_equal(landscape.premiums(untold), 1.0)
    np.testing.assert_array_equal(landscape.premiums(replace(untold, bid_told=panel.bid_told)) > 1.3, True)


def test_a_step_in_rivals_bids_is_followed_within_days() -> None:
    rng = np.random.default_rng(1)
    log_bid = np.cumsum(rng.choice([0.0, 0.0, 0.0, 0.08, -0.08], (60, 50)), axis=1)
    location = np.where(np.arange(50) >= 46, 0.35, 0.0) * np.ones((60, 1))  # four days ago rivals raised their bids
    found = standing.fit(_panel(log_bid, location), np.ones(60))
    moved = found.location - (log_bid - found.x)[:, 40]
    assert np.median(moved) == pytest.approx(0.35, abs=0.1)


def test_without_ranks_standings_are_read_from_prices() -> None:
    """The share of the bid that was paid tells who stands higher, if not exactly where."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-0.8, 0.8, (80, 1))
    found = standing.fit(_panel(x * np.ones((1, 30)), np.zeros((80, 30)), ranked=False), np.ones(80))
    assert np.corrcoef(found.x[:, -1], x[:, 0])[0, 1] > 0.85


def _truth(family: str) -> tuple[Array, Array, Array, Array]:
    """True and said elasticities of impressions at today's bids, weights by spend, and which of the market's words."""
    played, (models, _) = shop(family), fitted(family)
    market = played.market
    day, bid, step = market.number(played.day), market.bids, 1.05
    more, less = (market.truth.outcome(day, bid * k, bid) for k in (step, 1 / step))
    now = market.truth.outcome(day, bid, bid)
    some = market.adjustable & (less.clicks > 0.2)
    true = np.log(np.maximum(more.impressions, 1e-9) / np.maximum(less.impressions, 1e-9)) / (2 * np.log(step))
    ours = pd.MultiIndex.from_frame(models.words[list(UNIT)])
    at = ours.get_indexer(pd.MultiIndex.from_frame(market.words[list(UNIT)]))
    return true[some], models.words["elasticity"].to_numpy()[at][some], now.spend[some], some


@pytest.mark.parametrize("family", ["lognormal", "heavy"])
def test_elasticities_follow_the_market_s_truth(family: str) -> None:
    true, said, weight, _ = _truth(family)
    assert np.average(said, weights=weight) == pytest.approx(np.average(true, weights=weight), rel=0.25)
    error = np.average((said - true) ** 2, weights=weight)
    one_for_all = np.average((np.average(true, weights=weight) - true) ** 2, weights=weight)
    assert error < 0.75 * one_for_all  # the best single elasticity, known from the truth, is worse


def test_slopes_come_from_changes_within_a_word() -> None:
    """Owners raise what returns much, in markets where rivals do too: across words, bids and shows mislead."""
    true, said, weight, some = _truth("lognormal")
    market = shop("lognormal").market
    shown = np.array([day.impressions for day in market.record.days[-14:]]).mean(0)[some]
    bid = np.log(market.bids[some])
    across = np.polyfit(bid, np.log(np.maximum(shown, 0.1)), 1, w=np.sqrt(weight))[0]
    mean = np.average(true, weights=weight)
    assert abs(np.average(said, weights=weight) - mean) < 0.5 * abs(across - mean)


def test_premiums_are_read_from_clicks_above_the_bid() -> None:
    flat = np.zeros((30, 20))
    panel = _panel(flat, flat - 0.6)  # far above rivals' bids, nothing is paid beyond the bid
    assert landscape.premiums(panel) == pytest.approx(1.0, abs=0.1)


def test_what_a_word_takes_from_its_twin_is_no_gain() -> None:
    """Beside their own answer to the bid, twins pass searches to each other: a raise of both brings only the former."""
    rng = np.random.default_rng(3)
    n, m = 120, 60
    log_bid = np.cumsum(rng.choice([0.0, 0.0, 0.1, -0.1], (n, m)), axis=1) * 0.5
    twin = np.arange(n) ^ 1
    own, passed = np.exp(0.9 * log_bid), 1 + 0.8 * np.clip(log_bid - log_bid[twin], -1, 1)
    panel = _panel(log_bid, np.zeros((n, m)))
    shown = rng.poisson(400 * own * passed).astype(float)
    units = pd.DataFrame({"item_id": "1", "word_type": "keyword", "keyword": [f"词 {i // 2}" for i in range(n)]})
    units.loc[1::2, "keyword"] = [f"{i} 词" for i in range(n // 2)]
    panel = replace(panel, units=units, counts=panel.counts | {"impressions": shown})
    alone = replace(panel, units=units.assign(keyword=[str(i) for i in range(n)]))
    bid = panel.bid_now[:, None]
    known, ignored = (np.median(landscape.fit(p).elasticity(bid)) for p in (panel, alone))
    assert known == pytest.approx(0.9, abs=0.2)
    assert ignored > known + 0.4
