"""The simulated market keeps the rules of the auction and of the platform, and does not reward lazy play."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidopt.simulate.auction import CTR_BY_POSITION, LOG_RATIO, SHOWS_BY_POSITION, _rates, auctions
from bidopt.simulate.clairvoyant import SMALLEST_BUDGET, Clairvoyant, split_cap, step_options
from bidopt.simulate.market import LOWEST_BID, Market
from bidopt.simulate.optimum import best_bids
from bidopt.simulate.record import DayResult
from bidopt.simulate.spec import FAMILIES, MarketSpec
from bidopt.simulate.truth import Array, served_conversion

SPEC = MarketSpec(words=120, history_days=30)


@cache
def played(family: str = "lognormal") -> Market:
    market = Market(MarketSpec(family, words=SPEC.words, history_days=SPEC.history_days))
    market.play_history()
    return market


def again(market: Market) -> Market:
    """The same market at the end of its history, to be played on by itself."""
    other = copy(market)
    other.record = replace(market.record, days=market.record.days[: market.spec.history_days])
    return other


def total(name: str, days: list[DayResult]) -> Array:
    return sum(getattr(d, name).astype(float) for d in days)


@pytest.mark.parametrize("rivals", ["lognormal", "steps", "heavy"])
def test_a_higher_bid_wins_more_and_pays_more_but_never_above_the_bid(rivals):
    table = auctions(rivals, 5, np.random.default_rng(0)).table
    for rates in (table.shows, table.clicks, table.cost):
        assert (np.diff(rates, axis=1) >= -1e-12).all()
    cost_a_click = table.cost / np.maximum(table.clicks, 1e-12)
    assert (cost_a_click <= np.exp(LOG_RATIO) + 1e-9).all()
    assert table.rank[:, -1].max() < 1.5


def test_a_steady_auction_is_the_textbook_one():
    """With one rival at 1 and no spread: above it the first place at the rival's score, below it the second."""
    scores = np.tile([1.0, 0.5, 0.1, 0.1, 0.1], (3, 1))
    shows, clicks, cost, rank = _rates(scores, np.ones(3), reserve=0.3)
    at = {ratio: int(np.searchsorted(LOG_RATIO, np.log(ratio))) for ratio in (0.2, 0.4, 0.8, 1.5)}
    assert shows[at[0.2]] == 0
    assert [rank[at[r]] for r in (0.4, 0.8, 1.5)] == [3, 2, 1]
    assert [shows[at[r]] for r in (0.4, 0.8, 1.5)] == pytest.approx(SHOWS_BY_POSITION[[2, 1, 0]])
    assert cost[at[0.8]] / clicks[at[0.8]] == pytest.approx(0.5)
    assert clicks[at[1.5]] / shows[at[1.5]] == pytest.approx(CTR_BY_POSITION[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_shop_is_believable(family):
    market = played(family)
    days, orders = market.record.days, sum(len(d.orders.word) for d in market.record.days)
    shows, clicks, spend, gmv = (total(n, days).sum() for n in ("impressions", "clicks", "spend", "gmv"))
    assert 0.02 < clicks / shows < 0.10
    assert 0.005 < orders / clicks < 0.06
    assert 0.4 < spend / clicks < 3
    assert 40 < gmv / orders < 300
    assert 1.5 < gmv / spend < 7


def test_words_are_heavy_tailed():
    clicks = np.sort(total("clicks", played().record.days))[::-1]
    assert clicks[: len(clicks) // 10].sum() > 0.35 * clicks.sum()
    assert np.median(clicks) < 0.5 * clicks.mean()


def test_the_same_specification_gives_the_same_days():
    first, second = played(), Market(SPEC)
    second.play_history()
    for one, two in zip(first.record.days, second.record.days, strict=True):
        np.testing.assert_array_equal(one.spend, two.spend)
        np.testing.assert_array_equal(one.orders.value, two.orders.value)


def test_luck_does_not_depend_on_what_was_bid_before():
    careful, bold = again(played()), again(played())
    day, budgets = careful.next_day, dict.fromkeys(careful.campaign_ids, 1e6)
    careful.play(day, careful.bids * 0.5, budgets)
    bold.play(day, bold.bids * 2.0, budgets)
    bids = played().bids
    one, two = (m.play(m.next_day, bids, budgets) for m in (careful, bold))
    np.testing.assert_array_equal(one.clicks, two.clicks)
    np.testing.assert_array_equal(one.orders.value, two.orders.value)


def test_another_campaigns_bids_change_nothing_but_partners():
    market, other = again(played()), again(played())
    budgets = dict.fromkeys(market.campaign_ids, 1e6)
    changed = market.campaign == 0
    one = market.play(market.next_day, market.bids, budgets)
    two = other.play(other.next_day, np.where(changed, other.bids * 1.5, other.bids), budgets)
    partner = market.truth.partner
    untouched = ~changed & ~((partner >= 0) & changed[partner])
    np.testing.assert_array_equal(one.clicks[untouched], two.clicks[untouched])
    assert two.clicks[changed].sum() > one.clicks[changed].sum()


@given(st.floats(0.05, 1.2))
@settings(max_examples=15, deadline=None)
def test_a_budget_holds_and_costs_the_evening(scale):
    market = again(played())
    free = market.expected(market.next_day, market.bids)
    wanted = market.by_campaign(free["spend"].to_numpy())
    budgets = {c: max(float(w) * scale, 1.0) for c, w in zip(market.campaign_ids, wanted, strict=True)}
    result = market.play(market.next_day, market.bids, budgets)
    spend = market.by_campaign(result.spend)
    assert (spend <= np.array(list(budgets.values())) + 1e-6).all()
    cut = result.served < 1
    assert (spend[cut] >= 0.9 * np.array(list(budgets.values()))[cut] - 5).all()
    held = market.expected(market.next_day - timedelta(days=1), market.bids, budgets)
    assert (held["orders"] / held["clicks"].clip(1e-9) <= free["orders"] / free["clicks"].clip(1e-9) + 1e-12).all()


def test_a_whole_day_converts_as_the_word_does_and_a_morning_worse():
    whole, half, morning = served_conversion(np.array([1.0, 0.5, 0.2]))
    assert whole == pytest.approx(1.0)
    assert 0.6 < morning < half < whole


def test_cpc_passes_the_bid_only_where_a_premium_allows():
    market = played()
    passed = 0
    for result in market.record.days:
        most = result.bids * market.truth.days.premium[market.number(result.day)]
        assert (result.spend <= result.clicks * most + 1e-6).all()
        passed += int((result.spend > result.clicks * result.bids).sum())
    assert passed > 0


def test_orders_arrive_over_two_weeks():
    market = played()
    result = market.record.days[5]
    counts = [
        market.record.attributed(result, result.day + timedelta(days=age))["orders"].sum() for age in range(1, 18)
    ]
    assert counts == sorted(counts)
    assert 0 < counts[0] < counts[-1] == len(result.orders.word)


def test_partners_take_each_others_searches():
    market = played()
    number = market.number(market.next_day)
    word = int(np.flatnonzero(market.truth.partner >= 0)[0])
    partner = market.truth.partner[word]
    bids = market.bids.copy()
    bids[[word, partner]] = 1.5
    before = market.truth.outcome(number, bids).clicks
    bids[partner] *= 1.3
    after = market.truth.outcome(number, bids).clicks
    assert after[word] < before[word]
    assert after[partner] > before[partner]


def test_the_owner_raises_what_was_lucky():
    """Moves and the luck of the weeks before go together, so slopes read off the history would be wrong."""
    market = played()
    moved, lucky = [], []
    for i in range(14, len(market.record.days)):
        known = market.record.known(market.record.days[i].day, 7)
        clicks = known.clicks.sum(axis=0)
        expected = clicks * market.truth.words.cvr
        enough = (expected > 0.5) & market.adjustable
        lucky.append((known.orders.sum(axis=0) / np.maximum(expected, 1e-9))[enough])
        moved.append(np.log(market.record.days[i].bids / market.record.days[i - 1].bids)[enough])
    assert np.corrcoef(np.concatenate(lucky), np.concatenate(moved))[0, 1] > 0.05


@given(st.floats(0.2, 3.0))
@settings(max_examples=10, deadline=None)
def test_the_clairvoyant_keeps_cap_step_and_words_that_may_not_move(cap_share):
    market = again(played())
    cap = max(cap_share * 1000.0, 40.0 * len(market.manual_ids))
    day = market.next_day
    bids, budgets = Clairvoyant(market, cap).plan(day)
    now, free = market.bids, market.adjustable
    assert sum(budgets[c] for c in market.manual_ids) <= cap + 1e-6
    assert (np.abs(bids / now - 1)[free] <= 0.30 + 1e-9).all()
    np.testing.assert_array_equal(bids[~free & ~market.smart], now[~free & ~market.smart])


def test_the_clairvoyants_bids_beat_other_choices_under_the_same_cap():
    market = played()
    number = market.number(market.next_day)
    held = market.in_force(market.next_day, market.bids)
    options = np.where(market.adjustable[:, None], step_options(held, 0.3, 15), held[:, None])
    value, counted = market.truth.value(number), ~market.smart
    cap = 0.8 * market.truth.outcome(number, held).spend[counted].sum()

    def earned(bids):
        outcome = market.truth.outcome(number, bids)
        return (outcome.clicks * value - outcome.spend)[counted].sum(), outcome.spend[counted].sum()

    best, spend = earned(best_bids(market.truth, number, options, held, counted, cap))
    assert spend <= cap * (1 + 1e-9)
    rng, rows = np.random.default_rng(0), np.arange(len(held))
    for tilt in np.linspace(-0.3, 0.3, 40):
        choice = np.clip(7 + 7 * (tilt * 3 + rng.normal(0, 0.3, len(rows))), 0, 14).astype(int)
        profit, spend = earned(options[rows, choice])
        assert spend > cap or profit < best


def profit(market: Market, nights: int, plan: Callable[[date], tuple[Array, dict[str, float]]]) -> float:
    for _ in range(nights):
        market.play(market.next_day, *plan(market.next_day))
    return sum(float(d.profit[~market.smart].sum()) for d in market.record.days[-nights:])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cap_share", [0.6, 1.5])
def test_lazy_play_fails(family, cap_share):
    nights = 10
    market = played(family)
    cap = cap_share * market.best_uncapped_spend(nights)
    owners = {c: market.budgets[c] for c in market.manual_ids}
    scaled = {c: b * min(1.0, cap / sum(owners.values())) for c, b in owners.items()}
    floor = np.where(market.adjustable, LOWEST_BID, market.bids)
    best = again(market)
    clairvoyant = Clairvoyant(best, cap)
    most = profit(best, nights, clairvoyant.plan)
    assert profit(again(market), nights, lambda _: (floor, market.budgets | split_cap(cap, owners))) < 0.3 * most
    assert profit(again(market), nights, lambda _: (market.bids, market.budgets | scaled)) < 0.9 * most


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=8), st.floats(1, 50))
def test_shares_of_the_cap_never_exceed_it(weights, times):
    cap = SMALLEST_BUDGET * len(weights) * times
    budgets = split_cap(cap, {str(i): w for i, w in enumerate(weights)})
    assert sum(budgets.values()) <= cap + 1e-6
    assert min(budgets.values()) >= SMALLEST_BUDGET - 0.01
