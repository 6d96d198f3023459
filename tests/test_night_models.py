"""The fitted models and their curves against the simulated market's truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidopt import curves, fit
from bidopt.curves import ResponseGrid, respond
from bidopt.curves.grid import N_BIDS
from bidopt.fit.panel import build
from bidopt.optimize.budgets import served, share_out
from bidopt.schema import UNIT
from bidopt.settings import Bids, Holdout, Settings
from simulated import fitted, shop


def _to_market(values: np.ndarray) -> np.ndarray:
    """Values in the models' order, in the market's."""
    models, _ = fitted()
    ours = pd.MultiIndex.from_frame(models.words[list(UNIT)])
    return values[ours.get_indexer(pd.MultiIndex.from_frame(shop().market.words[list(UNIT)]))]


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_clicks_and_spend_at_other_bids_are_near_the_truth(factor: float) -> None:
    played, (models, _) = shop(), fitted()
    market = played.market
    now = models.words["bid_now"].to_numpy()
    said = respond(models, now[:, None] * factor)
    true = market.truth.outcome(market.number(played.day), market.bids * factor, market.bids)
    some = market.adjustable
    for name in ("impressions", "clicks", "spend"):
        ours = _to_market(getattr(said, name)[:, 0])[some].sum()
        assert ours == pytest.approx(getattr(true, name)[some].sum(), rel=0.3), name


def test_cvr_beats_the_raw_rate_and_the_shop_mean() -> None:
    """Log-loss of the true rate, weighted by clicks: less is better."""
    played, (models, panel) = shop(), fitted()
    market = played.market
    truth = market.truth.words.cvr * market.truth.days.conversion[market.number(played.day)]
    clicks, orders = (_to_market(panel.counts[name].sum(1)) for name in ("clicks", "orders"))
    use = market.adjustable & (clicks > 0)

    def loss(rate: np.ndarray) -> float:
        p, q = truth[use], np.clip(rate[use], 1e-4, 1 - 1e-4)
        return float(np.average(-(p * np.log(q) + (1 - p) * np.log(1 - q)), weights=clicks[use]))

    ours = loss(_to_market(models.words["cvr"].to_numpy()))
    assert ours < loss(np.full(len(truth), orders.sum() / clicks.sum()))
    assert ours < loss(orders / np.maximum(clicks, 1))


def test_delay_curve_is_near_the_market_s() -> None:
    played, (models, _) = shop(), fitted()
    true = played.market.truth.words.delay.mean(0)
    assert models.delay.known[1] == pytest.approx(true[0], abs=0.08)
    assert models.delay.known[4] == pytest.approx(true[3], abs=0.06)


def test_absent_words_had_nothing_and_days_not_covered_are_not_known() -> None:
    played = shop()
    history = played.history
    gone = pd.Timestamp(played.day) - pd.Timedelta(days=10)
    holed = fit.panel.History(
        **vars(history)
        | {
            "covered": history.covered[history.covered["date"] != gone],
            "days": history.days[history.days["date"] != gone],
        }
    )
    panel = build(holed, Settings(), played.day)
    at = int(np.flatnonzero(panel.days == gone)[0])
    assert not panel.covered[at]
    assert not panel.running[:, at].any()
    total = history.days.loc[history.days["date"] != gone, "spend"].sum()
    assert panel.spend.sum() == pytest.approx(total)
    absent = panel.running & (panel.impressions == 0)
    assert absent.any()


def test_order_of_rows_does_not_matter() -> None:
    played, (models, _) = shop(), fitted()
    history = played.history
    mixed = fit.panel.History(
        **vars(history)
        | {
            name: getattr(history, name).sample(frac=1.0, random_state=7)
            for name in ("days", "versions", "words", "plans", "items")
        }
    )
    again, _ = fit.fit(mixed, Settings(), played.day)
    pd.testing.assert_frame_equal(again.words, models.words)


def _grid(limits: Bids) -> ResponseGrid:
    return curves.build(fitted()[0], Settings(bids=limits, holdout=Holdout(share=0.0)))


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 1.0), st.floats(1.0, 30.0), st.floats(0.02, 1.0), st.floats(0.0, 0.1))
def test_options_keep_bounds_and_step(low: float, high: float, step: float, least: float) -> None:
    limits = Bids(min=low, max=high, max_change=step, min_change=least)
    grid, now = _grid(limits), fitted()[0].words["bid_now"].to_numpy()[:, None]
    free = (grid.held == "")[:, None] & grid.allowed
    bid = np.where(free, grid.bid, now)
    inside = np.clip(now, np.ceil(low * 100 - 1e-6) / 100, np.floor(high * 100 + 1e-6) / 100)
    moved = free & (np.abs(bid - now) > 1e-9)
    assert (bid[free] >= low - 1e-9).all()
    assert (bid[free] <= high + 1e-9).all()
    kept_in = np.isclose(inside, now) & moved
    assert (np.abs(bid - now)[kept_in] <= step * np.broadcast_to(now, bid.shape)[kept_in] + 1e-9).all()
    assert grid.allowed.any(axis=1).all()


def test_every_free_word_has_its_present_bid_both_ends_and_enough_between() -> None:
    models = fitted()[0]
    grid = _grid(Bids())
    table = grid.table(models, np.ones(len(models.words), bool))
    free = models.words[grid.held == ""]
    for _, word in free.iterrows():
        bids = table.loc[(table[list(UNIT)] == word[list(UNIT)]).all(axis=1), "bid"].to_numpy()
        now = word["bid_now"]
        low, high = np.ceil(now * 70 - 1e-6) / 100, np.floor(now * 130 + 1e-6) / 100
        assert now in bids
        assert bids.min() == pytest.approx(max(low, 0.05))
        assert bids.max() == pytest.approx(min(high, 20))
        every_fen = round((bids.max() - bids.min()) * 100) + 1
        assert len(bids) >= min(23, every_fen)
        assert len(set(bids)) == len(bids)
    held = models.words[grid.held != ""]
    one = table.merge(held[list(UNIT)], on=list(UNIT)).groupby(list(UNIT)).size()
    assert (one == 1).all()
    assert len(one) == len(held)


def test_curves_rise_with_the_bid() -> None:
    grid = _grid(Bids())
    for name in ("impressions", "clicks", "spend"):
        values = np.where(grid.listed, getattr(grid.response, name), np.nan)[:, :N_BIDS]
        steps = np.diff(values, axis=1)
        assert (steps[np.isfinite(steps)] >= -1e-9).all(), name


def test_share_served_is_that_of_a_log_normal_day() -> None:
    rng = np.random.default_rng(5)
    sigma = np.sqrt(np.log1p(0.3**2))
    days = 100 * np.exp(rng.normal(-(sigma**2) / 2, sigma, 400_000))
    for budget in (60.0, 100.0, 150.0):
        share, risk = served(np.array([100.0]), np.array([0.09]), np.array([budget]))
        assert share[0] == pytest.approx(np.minimum(days, budget).mean() / 100, abs=3e-3)
        assert risk[0] == pytest.approx((days >= 0.97 * budget).mean(), abs=5e-3)


@given(
    st.lists(
        st.tuples(st.floats(0, 5000), st.floats(0, 2), st.integers(0, 50), st.integers(50, 3000)),
        min_size=1,
        max_size=9,
    ),
    st.floats(500, 9000),
)
def test_budgets_never_pass_the_cap(rows: list[tuple[float, float, int, int]], cap: float) -> None:
    mean, variance, low, high = (np.array(column, float) for column in zip(*rows, strict=True))
    budget = share_out(cap, mean, variance, low, high)
    assert budget.sum() <= cap + 1e-9
    assert (budget >= low).all()
    assert (budget <= high).all()
    assert (budget == np.round(budget)).all()
    left = cap - budget.sum()
    assert left < len(rows) + 1 or (budget >= high - 1).all()


def test_budgets_refuse_a_cap_below_the_smallest() -> None:
    with pytest.raises(ValueError, match="smallest"):
        share_out(50.0, np.ones(2), np.ones(2), np.array([30.0, 30.0]), np.array([99.0, 99.0]))
