"""CVR, order value and delay against counts whose truth is known, and against the simulated market's."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from bidopt import fit, schema
from bidopt.fit import cvr, delay, economics, health, hierarchy, traits, value
from bidopt.fit.hierarchy import Block
from bidopt.fit.panel import Panel
from bidopt.schema import UNIT
from bidopt.settings import Settings, WordClass
from simulated import fitted, shop

Array = npt.NDArray[np.float64]


def _shop(rng: np.random.Generator, words: int = 1500, items: int = 30) -> tuple[Array, npt.NDArray[np.intp], Array]:
    """A covariate (n, 1), items (n,) and the true log rates (n,) of words that differ by 0.3 within their kind."""
    x, item = rng.normal(0, 1, (words, 1)), rng.integers(0, items, words)
    log_rate = -3.5 + 0.25 * x[:, 0] + rng.normal(0, 0.3, items)[item] + rng.normal(0, 0.3, words)
    return x, item, log_rate


@pytest.mark.parametrize("busy", [3.0, 30.0])
def test_hierarchy_finds_its_own_strengths_and_states_its_doubt(busy: float) -> None:
    rng = np.random.default_rng(4)
    x, item, log_rate = _shop(rng)
    clicks = rng.gamma(0.5, busy * 60, len(x))
    found = hierarchy.fit(rng.poisson(clicks * np.exp(log_rate)).astype(float), clicks, [Block(x, 0.12)], item, 30)
    assert found.effects[1] == pytest.approx(0.25, abs=0.06)
    assert found.group_size == pytest.approx(0.3, abs=0.1)
    assert 1 / found.strength == pytest.approx(0.09, rel=0.4)
    z = (np.log(found.mean) - log_rate) / found.spread
    assert np.mean(np.abs(z) < 1.2816) == pytest.approx(0.8, abs=0.04)


def test_words_that_are_alike_are_held_closer_to_their_kind_than_words_that_differ() -> None:
    rng = np.random.default_rng(5)
    expected = rng.gamma(1.0, 10.0, 2000)
    item = np.zeros(2000, np.intp)
    alike, apart = (
        hierarchy.fit(rng.poisson(expected * rng.gamma(k, 1 / k, 2000)).astype(float), expected, [], item, 1).strength
        for k in (50.0, 4.0)
    )
    assert alike > 3 * apart
    assert apart == pytest.approx(4.0, rel=0.3)


def test_a_word_without_clicks_is_what_its_item_and_its_traits_say() -> None:
    rng = np.random.default_rng(6)
    x, item, log_rate = _shop(rng)
    clicks = np.where(np.arange(len(x)) < 300, 0.0, 400.0)
    found = hierarchy.fit(rng.poisson(clicks * np.exp(log_rate)).astype(float), clicks, [Block(x, 0.12)], item, 30)
    new = clicks == 0
    assert found.mean[new] == pytest.approx(found.kind[new])
    assert np.corrcoef(np.log(found.mean[new]), log_rate[new])[0, 1] > 0.7
    assert found.spread[new].min() > found.spread[~new].max() * 0.9


def _with_token(effect: float) -> tuple[Array, Array]:
    """True and fitted log rates of thin words, of which those with 露营 convert `effect` (log) better."""
    rng = np.random.default_rng(7)
    modifiers = ["户外", "便携", "露营", "大号", "防水", "儿童", "加厚", "送礼"]
    words = [a + b + noun for noun in ("帐篷", "睡袋", "水壶") for a in modifiers for b in modifiers if a != b]
    item = np.repeat(np.arange(3), len(words) // 3)
    true = -3.5 + effect * np.array(["露营" in word for word in words]) + rng.normal(0, 0.2, len(words))
    clicks = np.full(len(words), 150.0)
    names, has = traits.tokens(pd.Series(words), item, 3)
    assert "露营" in names
    found = hierarchy.fit(rng.poisson(clicks * np.exp(true)).astype(float), clicks, [Block(has, cvr.TOKEN)], item, 3)
    return true, np.log(found.mean)


def test_tokens_that_convert_help_words_that_share_them() -> None:
    true, with_token = _with_token(0.8)
    error = np.mean((with_token - true) ** 2)
    assert error < 0.6 * np.var(true)
    flat, found = _with_token(0.0)
    assert np.std(found) < 1.2 * np.std(flat)


def _ill(days_ill: int, *, carts_follow: float = 0.5) -> tuple[Array, Array, Array, Array]:
    """Orders, what is expected of them, carts and usual carts of 12 items, the first of which fell to 0.3."""
    rng = np.random.default_rng(8)
    state = np.ones((12, 60))
    state[0, 60 - days_ill :] = 0.3
    state[1, 20:27] = 0.3
    expected = np.full((12, 60), 6.0)
    expected[:, -3:] *= [0.9, 0.8, 0.65]  # not all orders of the newest days are known
    usual_carts = np.full((12, 60), 25.0)
    return (
        rng.poisson(expected * state).astype(float),
        expected,
        rng.poisson(usual_carts * state**carts_follow).astype(float),
        usual_carts,
    )


def test_an_item_that_falls_ill_is_followed_within_three_days_and_the_others_stay() -> None:
    found = health.fit(*_ill(3))
    assert found.tomorrow[0] < 0.55
    assert found.tomorrow[1:] == pytest.approx(1.0, abs=0.15)
    assert found.path[1, 20:27].max() < 0.5
    assert found.path[1, 30:55] == pytest.approx(1.0, abs=0.15)


def test_carts_tell_of_an_illness_before_orders_do() -> None:
    orders, expected, carts, usual_carts = _ill(2)
    told = health.fit(orders, expected, carts, usual_carts).tomorrow[0]
    untold = health.fit(orders, expected, np.zeros_like(carts), np.zeros_like(carts)).tomorrow[0]
    assert told < untold


def test_an_item_that_is_well_again_is_believed_within_days() -> None:
    orders, expected, carts, usual_carts = _ill(0)
    orders[0, 48:55], carts[0, 48:55] = 1.0, 13.0
    assert health.fit(orders, expected, carts, usual_carts).tomorrow[0] > 0.8


@pytest.mark.parametrize(("drift", "short"), [(0.0, False), (0.15, True)])
def test_the_past_fades_as_fast_as_words_change(drift: float, short: bool) -> None:
    rng = np.random.default_rng(9)
    log_rate = rng.normal(0, 0.3, (300, 1)) + np.cumsum(rng.normal(0, drift, (300, 60)), 1)
    expected = np.full((300, 60), 1.5)
    orders = rng.poisson(expected * np.exp(log_rate - log_rate.mean())).astype(float)
    half_life = cvr.half_life_of(orders, expected, 10.0)
    assert (half_life <= 30) == short
    assert (half_life >= 120) == (not short)


def _downloads(first_day: dict[str, float], orders: int = 400) -> pd.DataFrame:
    """Rows of 30 days, downloaded at ages 1, 2, 4 and 8, of items with the given share of orders on the first day."""
    rng = np.random.default_rng(10)
    rows = []
    for item, share in first_day.items():
        lag = np.where(rng.random((30, orders // 30)) < share, 0, rng.geometric(0.3, (30, orders // 30)))
        for age in (1, 2, 4, 8):
            known = (np.minimum(lag, 15) < age).sum(1)
            for day in range(30):
                date = pd.Timestamp("2026-05-01") + pd.Timedelta(days=day)
                at = date + pd.Timedelta(days=age, hours=8)
                rows.append({**dict.fromkeys(schema.KEY, "1"), "keyword": "词", "date": date, "item_id": item}
                            | {"downloaded_at": at, "orders": float(known[day]), "clicks": 100.0})  # fmt: skip
    return pd.DataFrame(rows)


def test_delay_by_item_is_nearer_the_truth_than_the_shop_s() -> None:
    first = {"a": 0.5, "b": 0.8, "c": 0.6, "d": 0.7, "e": 0.55, "f": 0.75}
    found = delay.fit(_downloads(first), 15)
    true = np.array(list(first.values()))
    own = np.array([found.items[item][1] for item in first])
    assert np.abs(own - true).mean() < 0.6 * np.abs(found.known[1] - true).mean()
    assert found.known[1] == pytest.approx(true.mean(), abs=0.04)


def test_an_item_never_seen_has_the_shop_s_delay() -> None:
    found = delay.fit(_downloads({"a": 0.5, "b": 0.8}), 15)
    ages = np.arange(20.0)
    assert found.of_items(["new"], ages)[0] == pytest.approx(found.at(ages))


def test_delay_by_item_on_the_market_is_nearer_than_the_shop_s() -> None:
    played, (models, panel) = shop(), fitted()
    at = _market_rows(panel)
    true = played.market.truth.words.delay[at][:, :7]
    own = models.delay.of_items(panel.item_ids, np.arange(1.0, 8.0))[panel.item]
    weight = panel.counts["orders"].sum(1)
    error, pooled = (np.average(((x - true) ** 2).mean(1), weights=weight) for x in (own, models.delay.known[1:8]))
    assert error < pooled


def test_days_whose_reports_tell_no_orders_are_no_evidence_on_conversion() -> None:
    """Half the days, the newest among them, were downloaded without orders, GMV and carts."""
    played, (whole, _) = shop(), fitted()
    days = played.history.days
    newest = days["date"] >= days["date"].max() - pd.Timedelta(days=19)
    columns = ["orders", "gmv", "carts", "favourites"]

    def fit_with(blank: float) -> fit.FittedModels:
        told = days.assign(**{name: days[name].mask(newest, blank) for name in columns})
        history = replace(played.history, days=told, versions=played.history.versions.iloc[:0])
        return fit.fit(history, Settings(), played.day)[0]

    def cvr_of(models: fit.FittedModels) -> float:
        return float((models.words["cvr"] * models.words["seen_clicks"]).sum() / models.words["seen_clicks"].sum())

    assert cvr_of(fit_with(np.nan)) == pytest.approx(cvr_of(whole), rel=0.15)
    assert cvr_of(fit_with(0.0)) < 0.7 * cvr_of(whole)


def _market_rows(panel: Panel) -> npt.NDArray[np.intp]:
    """Row of the market's words for each row of the panel."""
    words = pd.MultiIndex.from_frame(shop().market.words[list(UNIT)])
    return words.get_indexer(pd.MultiIndex.from_frame(panel.units[list(UNIT)]))


def test_final_orders_are_foreseen_from_their_unfinished_state() -> None:
    played, (models, panel) = shop(), fitted()
    final = sum(len(d.orders.word) for d in played.market.record.days[-15:])
    reported = panel.counts["orders"][:, -15:].sum()
    assert reported < 0.97 * final
    assert reported + models.words["orders_to_come"].sum() == pytest.approx(final, rel=0.05)


def test_cvr_closes_most_of_the_gap_from_the_shop_s_mean_to_the_truth() -> None:
    played, (models, panel) = shop(), fitted()
    market, at = played.market, _market_rows(panel)
    truth = (market.truth.words.cvr * market.truth.days.conversion[market.number(played.day)])[at]
    clicks = panel.clicks.sum(1) * market.adjustable[at]
    orders = panel.counts["orders"].sum(1)

    def loss(rate: Array) -> float:
        rate = np.clip(rate, 1e-4, 1 - 1e-4)
        return float(np.average(-(truth * np.log(rate) + (1 - truth) * np.log(1 - rate)), weights=clicks))

    mean = loss(np.full(len(truth), orders.sum() / clicks.sum()))
    own = models.words["cvr"].to_numpy(float)
    assert (mean - loss(own)) / (mean - loss(truth)) > 0.7
    assert clicks @ own == pytest.approx(clicks @ truth, rel=0.1)


def test_how_the_hours_missed_convert_is_learnt_from_cut_days() -> None:
    rng = np.random.default_rng(11)
    panel = fitted()[1]
    served = np.where(rng.random((len(panel.campaigns), len(panel.days))) < 0.5, 0.6, 1.0)
    clicks = np.full(panel.clicks.shape, 400.0)
    for true in (1.0, 1.45):
        hours = (cvr.served_orders(served, true) / served)[panel.campaign]
        counts = panel.counts | {"orders": rng.poisson(clicks * 0.03 * hours).astype(float)}
        assert cvr.learnt_evening(replace(panel, counts=counts), clicks * 0.03, served) == pytest.approx(true, abs=0.06)


def test_order_value_of_an_item_without_orders_follows_its_price() -> None:
    played, (_, panel) = shop(), fitted()
    items = played.history.items
    thin = panel.item == 0
    counts = panel.counts | {k: np.where(thin[:, None], 0.0, panel.counts[k]) for k in ("orders", "gmv")}
    blind = replace(panel, counts=counts)
    truth = played.market.truth.words.order_value[_market_rows(panel)][thin].mean()
    priced = value.fit(blind, items).mean[thin].mean()
    unpriced = value.fit(blind, items.assign(price=np.nan)).mean[thin].mean()
    assert priced == pytest.approx(truth, rel=0.25)
    assert abs(priced - truth) < abs(unpriced - truth)


def test_words_that_name_the_shop_are_found_until_a_class_holds_them() -> None:
    models, _ = fitted()
    brand = shop().market.words["keyword"].str.contains("山野").sum()
    assert economics.brand_like(models.words, Settings()).sum() == brand > 0
    classed = Settings(words=(WordClass(contains=("山野",), incrementality=0.3),))
    assert not economics.brand_like(models.words, classed).any()


def test_a_shop_without_orders_has_the_usual_rate_and_says_so() -> None:
    played = shop()
    days = played.history.days.assign(orders=0.0, gmv=0.0, direct_orders=0.0, direct_gmv=0.0)
    history = fit.panel.History(**vars(played.history) | {"days": days, "versions": played.history.versions.iloc[:0]})
    models, _ = fit.fit(history, Settings(), played.day)
    assert (models.words["cvr_spread"] >= 1).all()
    assert models.words["cvr"].between(1e-5, cvr.USUAL).all()
