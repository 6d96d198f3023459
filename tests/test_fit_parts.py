"""The models' parts against formulas, published tables and simulated counts whose truth is known."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidopt import fit, schema
from bidopt.fit import calendar, ctr, delay, levels, odd_days, shrinkage
from bidopt.settings import Promotion, Settings
from simulated import shop


def test_shrinkage_finds_the_strength_it_was_made_with() -> None:
    rng = np.random.default_rng(0)
    effect = rng.gamma(8.0, 1 / 8.0, 3000)
    expected = rng.gamma(1.0, 10.0, 3000)
    found = shrinkage.shrink(rng.poisson(expected * effect).astype(float), expected)
    assert 5.5 < found.strength < 12
    error = np.mean((found.mean - effect) ** 2)
    assert error < 0.6 * np.mean((1 - effect) ** 2)


def test_shrinkage_without_events_is_the_prior() -> None:
    found = shrinkage.shrink(np.zeros(3), np.zeros(3))
    assert found.mean == pytest.approx(1.0)


def test_tracking_follows_an_item_that_falls_ill() -> None:
    rng = np.random.default_rng(1)
    expected = np.full((12, 60), 6.0)
    effect = np.ones((12, 60))
    effect[:4, 50:] = 0.3
    _, last = shrinkage.track(rng.poisson(expected * effect).astype(float), expected)
    assert last.mean[:4].mean() < 0.55
    assert last.mean[4:].mean() == pytest.approx(1.0, abs=0.2)


def test_tracking_keeps_all_evidence_where_nothing_moves() -> None:
    rng = np.random.default_rng(2)
    effect = rng.gamma(5.0, 0.2, (30, 1))
    expected = np.full((30, 50), 4.0)
    _, last = shrinkage.track(rng.poisson(expected * effect).astype(float), expected)
    assert last.forgetting >= 0.96
    assert np.corrcoef(last.mean, effect[:, 0])[0, 1] > 0.9


def _downloads(final: float, known: dict[int, float], day: str = "2026-05-01") -> pd.DataFrame:
    """One row seen at several ages, with the share of `final` orders known at each."""
    date = pd.Timestamp(day)
    rows = [
        {**dict.fromkeys(schema.KEY, "1"), "keyword": "词", "date": date, "orders": final * share, "clicks": 1}
        | {"downloaded_at": date + pd.Timedelta(days=age, hours=8)}
        for age, share in known.items()
    ]
    return pd.DataFrame(rows)


def test_delay_curve_is_the_chain_ladder() -> None:
    """With much evidence the growth factors are those of the triangle: 60 -> 75 -> 90 -> 100."""
    seen = _downloads(1e6, {1: 0.6, 2: 0.75, 3: 0.9, 4: 1.0})
    curve = delay.fit(seen, 7)
    assert curve.known[2] / curve.known[1] == pytest.approx(0.75 / 0.6, rel=1e-3)
    assert curve.known[3] / curve.known[2] == pytest.approx(0.9 / 0.75, rel=1e-3)
    assert curve.known[-1] == 1.0


def test_orders_that_fall_and_come_back_have_not_grown() -> None:
    """60 -> 90 -> 45 -> 90 -> 100: what one download left out did not arrive after it."""
    curve = delay.fit(_downloads(1e6, {1: 0.6, 2: 0.9, 3: 0.45, 4: 0.9, 5: 1.0}), 7)
    assert curve.known[[1, 2, 3, 4]] / curve.known[5] == pytest.approx([0.6, 0.9, 0.9, 0.9], rel=1e-3)


def test_delay_curve_without_restatements_is_the_prior() -> None:
    none = _downloads(0, {}).reindex(columns=[*schema.KEY, "keyword", "orders", "clicks", "downloaded_at"])
    curve = delay.fit(none.astype({"date": "datetime64[us]", "downloaded_at": "datetime64[us]"}), 15)
    assert curve.known == pytest.approx(delay.prior_curve(15))


@given(st.sampled_from([1, 3, 7, 15, 30]))
def test_delay_prior_rises_to_one(window: int) -> None:
    known = delay.prior_curve(window)
    assert (np.diff(known) >= 0).all()
    assert known[-1] == pytest.approx(1.0)


def test_calendar_finds_weekdays_and_promotions() -> None:
    rng = np.random.default_rng(3)
    days = pd.date_range("2026-03-01", periods=84)
    promotion = Promotion(name="节", start=dt.date(2026, 4, 10), end=dt.date(2026, 4, 14))
    truth = 1 + 0.25 * (days.day_of_week >= 5)
    truth = truth * np.where((days >= "2026-04-10") & (days <= "2026-04-14"), 1.8, 1.0)
    events = rng.poisson(3000 * truth).astype(float)
    found = calendar.fit(events, np.full(84, 3000.0), days, (promotion,), np.ones(84, bool))
    weekend = found.factor(pd.DatetimeIndex(["2026-06-06"]))[0] / found.factor(pd.DatetimeIndex(["2026-06-03"]))[0]
    assert weekend == pytest.approx(1.25, abs=0.06)
    assert np.exp(found.effects["promotion"]) == pytest.approx(1.8, abs=0.25)


def test_calendar_of_a_few_days_is_flat() -> None:
    days = pd.date_range("2026-03-01", periods=5)
    found = calendar.fit(np.arange(5.0), np.ones(5), days, (), np.ones(5, bool))
    assert found.factor(days) == pytest.approx(1.0)


def test_a_day_cut_short_never_lowers_the_level() -> None:
    observed = np.array([[0.0, 0.0, -0.8, -0.8, -0.8]])
    cut = np.array([[False, False, True, True, True]])
    walk = levels.censored_walk(observed, cut, noise=0.02, drift=0.003)
    blind = levels.censored_walk(observed, np.zeros_like(cut), noise=0.02, drift=0.003)
    assert walk.last[0] > -0.01
    assert blind.last[0] < -0.3


def test_days_that_are_always_cut_raise_the_level() -> None:
    """A budget that runs out every day says that demand is more than what is served."""
    walk = levels.censored_walk(np.zeros((1, 20)), np.ones((1, 20), bool), noise=0.02, drift=0.003)
    assert walk.last[0] > 0.2


def test_ctr_of_words_that_show_no_contrast_is_their_mean() -> None:
    """One word; words whose traits go together; a trait that separates them. No warning: tests hold them for errors."""
    clicks, shown = np.array([300.0, 90.0, 60.0, 150.0]), np.array([6000.0, 2000.0, 1500.0, 3000.0])
    one, _ = ctr.common_rate(clicks[:1], shown[:1], pd.DataFrame(index=range(1)))
    assert one == pytest.approx(0.05)
    exact = np.array([1.0, 1.0, -1.0, -1.0])
    together, effects = ctr.common_rate(clicks, shown, pd.DataFrame({"exact": exact, "broad": -exact}))
    assert abs(effects["exact"] - effects["broad"]) < 0.2
    assert (together * shown).sum() == pytest.approx(clicks.sum(), rel=0.02)
    apart, _ = ctr.common_rate(np.array([300.0, 100.0, 0.0, 0.0]), shown, pd.DataFrame({"exact": exact}))
    assert 0 < apart[2] < 0.1 * apart[0]


@pytest.mark.parametrize("words", [1, 3])
def test_a_shop_of_few_words_is_fitted_without_a_warning(words: int) -> None:
    played = shop("lognormal", 60, 25)
    history = played.history
    top = history.days.groupby(list(schema.UNIT))["clicks"].sum().nlargest(words).index

    def of_top(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[pd.MultiIndex.from_frame(frame[list(schema.UNIT)]).isin(top)]

    few = replace(history, **{name: of_top(getattr(history, name)) for name in ("days", "versions", "words")})
    models, _ = fit.fit(few, Settings(), played.day)
    seen = models.words["seen_clicks"] / models.words["seen_impressions"]
    assert models.words["ctr"].to_numpy() == pytest.approx(seen.to_numpy(), rel=0.3)


def test_days_far_apart_tell_no_drift() -> None:
    """No two neighbouring days, but many three days apart."""
    x = np.full(40, np.nan)
    x[::3] = 0.05 * np.random.default_rng(4).normal(size=14)
    assert odd_days.find(x, np.zeros(40)) == ()
