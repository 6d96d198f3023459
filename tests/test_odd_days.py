"""Days that are not like others, on simulated markets where taking them for usual ones visibly loses."""

import datetime as dt
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bidopt import alerts, fit, nightly, recommend, schema, store
from bidopt.curves import respond
from bidopt.fit import (
    FittedModels,
    Panel,
    calendar,
    delay,
    levels,
    odd_days,
    presale,
    shifts,
    shop_days,
    traffic,
    windows,
)
from bidopt.fit.odd_days import Spell
from bidopt.settings import Promotion, Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import Jump, MarketSpec, Presale
from bidopt.store import History
from bidopt.workspace import Workspace
from tests.simulated import shop, workspace_with

START, DAYS = dt.date(2026, 6, 24), 40
END = START + dt.timedelta(days=DAYS)


def ago(days: int) -> dt.date:
    return END - dt.timedelta(days=days)


@cache
def played(jumps: tuple[Jump, ...] = (), deposits: Presale | None = None) -> tuple[Market, History]:
    """A market without platform promotions or holidays in its history, and what the store knows of it."""
    market = Market(MarketSpec(words=120, history_days=DAYS, start=START, jumps=jumps, presale=deposits))
    market.play_history()
    folder = Path(tempfile.mkdtemp())
    workspace = Workspace(folder / "shop")
    with workspace.lock():
        store.import_files(workspace, market.write_history_exports(folder), lambda _: None)
    return market, store.read_history(workspace, END)


@cache
def fitted(jumps: tuple[Jump, ...], *, blind: bool = False) -> tuple[FittedModels, Panel]:
    """`blind`: no spell is ever sure enough."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SURE", "SURE_OPEN") if blind else ():
            patch.setattr(odd_days, name, np.inf)
        return fit.fit(played(jumps)[1], Settings(), END)


def miss(models: FittedModels, market: Market, step: float = 1.0) -> float:
    """Log of expected over true spend at `step` times today's bids."""
    units = list(schema.UNIT)
    place = pd.MultiIndex.from_frame(models.words[units]).get_indexer(pd.MultiIndex.from_frame(market.words[units]))
    said = respond(models, step * models.words["bid_now"].to_numpy()[:, None]).spend[place[market.adjustable]].sum()
    true = market.truth.outcome(DAYS, step * market.bids).spend[market.adjustable].sum()
    return float(np.log(said / true))


def surge(first: int, last: int) -> tuple[Jump, ...]:
    return (Jump(ago(first), ago(last), demand=2.2, conversion=1.2, rivals=1.6),)


def test_a_spell_between_calm_days_is_found_with_its_size() -> None:
    x = 0.03 * np.random.default_rng(0).normal(size=60)
    x[30:33] += 0.6
    (spell,) = odd_days.find(x, np.zeros(60))
    assert (spell.start, spell.stop) == (30, 33)
    assert spell.jump == pytest.approx(0.6, abs=0.05)


def test_calm_and_slowly_drifting_days_hold_no_spell() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = np.cumsum(0.02 * rng.normal(size=90)) + 0.05 * rng.normal(size=90)
        assert odd_days.find(x, np.zeros(90)) == ()


def test_the_return_from_a_spell_is_no_spell() -> None:
    x = 0.03 * np.random.default_rng(1).normal(size=60)
    x[50:56] -= 0.5
    assert [(s.start, s.stop) for s in odd_days.find(x, np.zeros(60))] == [(50, 56)]


def test_one_odd_day_is_likelier_over_than_not_and_four_are_a_level() -> None:
    chances = [odd_days.goes_on(Spell(0, days, 0.5)) for days in (1, 2, 3, 4, 20)]
    assert chances == sorted(chances)
    assert chances[0] < 0.5 < chances[1]
    assert 0.75 < chances[3] < chances[4] < 1


def test_a_shop_s_own_jumps_tell_how_long_the_next_one_lasts() -> None:
    yesterday = Spell(50, 51, 0.5)
    single = [Spell(t, t + 1, 0.5) for t in (5, 15, 25)]
    long = [Spell(t, t + 6, 0.5) for t in (5, 15, 25)]
    assert odd_days.goes_on(yesterday, single) < odd_days.goes_on(yesterday) < odd_days.goes_on(yesterday, long)


@pytest.mark.parametrize("factor", [1.5, 2.0, 0.5])
def test_tomorrow_weighs_an_odd_day_a_promotion_and_a_step(factor: float) -> None:
    days = pd.date_range("2026-07-01", periods=40, unit="us")
    calm = np.random.default_rng(0).poisson(2000, 40).astype(float)

    def foreseen(odd: int, ahead: int = 1) -> float:
        events = np.where(np.arange(40) >= 40 - odd, factor * calm, calm)
        found = calendar.fit(events, np.full(40, 2000.0), days, (), np.ones(40, bool))
        usual = calendar.fit(calm, np.full(40, 2000.0), days, (), np.ones(40, bool))
        at = days[-1:] + pd.Timedelta(days=ahead)
        return float((found.factor(at)[0] / usual.factor(at)[0] - 1) / (factor - 1))

    shares = [foreseen(odd) for odd in (1, 2, 3, 4)]
    assert 0.2 < shares[0] < 0.5
    assert shares == sorted(shares)
    assert 0.7 < shares[3] < 0.95
    assert foreseen(2, ahead=2) == pytest.approx(0.0, abs=0.1)


def test_days_after_a_spell_too_unsure_to_name_are_no_drop() -> None:
    x = 0.03 * np.random.default_rng(2).normal(size=60)
    variance = np.zeros(60)
    x[51:54], variance[51:54] = 0.5, 0.06
    assert all(spell.jump > 0 for spell in odd_days.find(x, variance))


def campaigns(noise: float = 0.05) -> np.ndarray:
    """Logs of demand of 6 campaigns over 60 days, at levels of their own, some drifting apart."""
    rng = np.random.default_rng(3)
    level = np.linspace(-0.4, 0.4, 6)[:, None] + np.linspace(-0.3, 0.3, 6)[::-1, None] * np.linspace(-1, 1, 60)
    return level + noise * rng.normal(size=(6, 60))


def test_which_campaigns_are_cut_moves_no_day() -> None:
    x = campaigns()
    cut = np.random.default_rng(4).random(x.shape) < np.linspace(0, 0.6, 60)
    served = np.where(cut, x - 0.3, x)
    found = shop_days.fit(served, cut)
    assert np.abs(found.level - np.median(found.level)).max() < 0.15
    of_whole = np.array([served[~c, t].mean() for t, c in enumerate(cut.T)])
    assert np.abs(of_whole - np.median(of_whole)).max() > 0.2


def test_campaigns_that_ran_dry_tell_that_demand_was_at_least_so_much() -> None:
    x = campaigns()
    x[:, 40:42] += 0.7
    cut = np.zeros(x.shape, bool)
    cut[:, 40:42] = True
    found = shop_days.fit(np.where(cut, x - 0.3, x), cut)
    assert np.all(found.level[40:42] - np.median(found.level) > 0.35)
    ((start, stop),) = {(s.start, s.stop) for s in odd_days.find(found.level, 1 / found.weight)}
    assert (start, stop) == (40, 42)


def test_one_campaign_s_own_jump_is_not_the_shop_s() -> None:
    x = campaigns()
    x[2, 50:55] += 0.7
    level = shop_days.fit(x, np.zeros(x.shape, bool)).level
    assert np.abs(level - np.median(level)).max() < 0.15


def test_a_level_that_budgets_always_hide_does_not_run_away() -> None:
    walk = levels.censored_walk(np.zeros((1, 90)), np.ones((1, 90), bool), noise=0.005, drift=0.002)
    assert 0.15 < walk.last[0] < 0.45


@pytest.mark.parametrize(("first", "last"), [(9, 7), (2, 1)])
def test_a_jump_that_empties_most_budgets_is_found(first: int, last: int) -> None:
    models, panel = fitted((Jump(ago(first), ago(last), demand=2.0),))
    assert panel.cut[:, DAYS - first : DAYS - last + 1].mean() > 0.8
    (spell,) = models.demand_calendar.spells
    assert models.demand_calendar.dates(spell) == (ago(first), ago(last))
    assert 0.3 < spell.jump < np.log(2.0)  # next to no campaign shows the whole of it


def test_platform_promotions_are_learnt_from_the_shop_alone() -> None:
    days = pd.date_range("2026-04-10", "2026-06-15", unit="us")
    quiet = np.random.default_rng(0).poisson(2000, len(days)).astype(float)
    at_520 = (days >= "2026-05-18") & (days <= "2026-05-20")
    on_618 = pd.DatetimeIndex(["2026-06-17"])

    def expected(events: np.ndarray, promotions: tuple[Promotion, ...] = ()) -> float:
        found = calendar.fit(events, np.full(len(days), 2000.0), days, promotions, np.ones(len(days), bool))
        return float(found.factor(on_618)[0])

    assert expected(quiet) == pytest.approx(1.0, abs=0.1)
    assert expected(np.where(at_520, 1.8 * quiet, quiet)) > 1.5
    declared = tuple(Promotion(name=n, start=d, end=d) for n, d in (("a", dt.date(2026, 5, 1)),))
    assert calendar.undeclared([dt.date(2026, 6, 17)], declared)["618 2026"][0] == dt.date(2026, 6, 16)
    named = (Promotion(name="618", start=dt.date(2026, 6, 17), end=dt.date(2026, 6, 18)),)
    assert "618 2026" not in calendar.undeclared([dt.date(2026, 6, 17)], named)


def test_a_promotion_that_is_over_does_not_move_the_level() -> None:
    market, _ = played(surge(6, 2))
    models, _ = fitted(surge(6, 2))
    assert (ago(6), ago(2)) in shifts.past(models)
    for step in (1.0, 1.3):
        ignoring = miss(fitted(surge(6, 2), blind=True)[0], market, step)
        assert abs(miss(models, market, step)) < abs(ignoring) - 0.05


def test_on_its_third_day_a_promotion_is_planned_for() -> None:
    market, _ = played(surge(3, -3))
    models, panel = fitted(surge(3, -3))
    assert "price" in {s.figure for s in shifts.find(models, panel, traffic.of(models, panel)) if not s.where}
    ignoring = miss(fitted(surge(3, -3), blind=True)[0], market, 1.3)
    assert abs(miss(models, market, 1.3)) < abs(ignoring) - 0.02


def test_a_step_in_rivals_bids_is_told() -> None:
    step = (Jump(ago(4), rivals=1.5),)
    models, panel = fitted(step)
    told = [s for s in shifts.find(models, panel, traffic.of(models, panel)) if s.figure == "price" and not s.where]
    assert [s.since for s in told] == [ago(4)]
    assert told[0].change == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize(("days", "severity", "words"), [(1, "info", "a single day"), (3, "warning", "not come back")])
def test_one_odd_day_is_no_news_yet(days: int, severity: str, words: str) -> None:
    _, history = played((Jump(ago(days), demand=0.45),))
    models, panel = fitted((Jump(ago(days), demand=0.45),))
    found = alerts.find(models, panel, recommend.make(models, Settings()), history, "en")
    (told,) = [a for a in found if a.kind == "level_shift" and "demand" in a.message]
    assert told.severity == severity
    assert words in told.message


def test_a_fall_of_conversion_is_told() -> None:
    models, panel = fitted((Jump(ago(5), conversion=0.25),))
    told = [s for s in shifts.find(models, panel, traffic.of(models, panel)) if s.figure == "conversion"]
    assert told
    assert all(s.change < -0.3 for s in told)


def test_a_calm_market_tells_no_shift() -> None:
    models, panel = fitted(())
    assert [s for s in shifts.find(models, panel, traffic.of(models, panel)) if s.figure != "conversion"] == []
    assert shifts.past(models) == []


def without_rows(first: int, last: int) -> History:
    """The calm shop, whose plans were paused on some days: reports cover them, and have no row."""
    _, history = played()
    off = history.days["date"].dt.date.between(ago(first), ago(last))
    return replace(history, days=history.days[~off], versions=history.versions.iloc[:0])


@pytest.mark.parametrize(("first", "last"), [(20, 16), (6, 4), (1, 1)])
def test_days_without_any_row_tell_nothing_of_demand(first: int, last: int) -> None:
    market, _ = played()
    models, panel = fit.fit(without_rows(first, last), Settings(), END)
    assert [d.date() for d in panel.days[panel.idle]] == [ago(k) for k in range(first, last - 1, -1)]
    assert not panel.running[:, panel.idle].any()
    assert shifts.past(models) == []
    assert [s for s in shifts.find(models, panel, traffic.of(models, panel)) if s.figure != "conversion"] == []
    assert abs(miss(models, market)) < abs(miss(fitted(())[0], market)) + 0.03


def test_a_day_without_a_show_is_no_wonder_in_a_tiny_shop() -> None:
    _, history = played()
    quiet = history.days.assign(impressions=1, clicks=0, spend=0.0, orders=0.0, gmv=0.0).groupby("date").head(3)
    quiet = quiet[quiet["date"].dt.date != ago(5)]
    _, panel = fit.fit(replace(history, days=quiet, versions=history.versions.iloc[:0]), Settings(), END)
    assert not panel.idle.any()


DEPOSITS = Presale(ago(20), ago(12), balance=ago(8))
UNPAID = Presale(ago(12), ago(1), balance=END + dt.timedelta(days=3))


def cvr(history: History) -> float:
    """Expected orders a click of tomorrow, at the clicks of the last days."""
    models, _ = fit.fit(history, Settings(), END)
    return float((models.words["seen_clicks"] * models.words["cvr"]).sum() / models.words["seen_clicks"].sum())


def off(deposits: Presale, *, blind: bool = False) -> float:
    """Log of the CVR found in a shop with presale over that of the shop without; `blind`: to 预售."""
    history = played((), deposits)[1]
    days = history.days.assign(presale_orders=0.0) if blind else history.days
    return abs(float(np.log(cvr(replace(history, days=days)) / cvr(played()[1]))))


def test_presale_orders_count_when_they_are_placed() -> None:
    """Without 预售 and 拍下 the days until the balance is due seem to sell nothing."""
    assert off(UNPAID) < 0.2  # of nine orders in ten a fifth is never paid
    assert off(UNPAID, blind=True) > off(UNPAID) + 0.05


def test_presale_orders_that_were_paid_are_orders() -> None:
    assert off(DEPOSITS) < 0.2


def test_a_presale_order_counts_once_at_the_rate_of_paid_balances() -> None:
    _, plain = played()
    for deposits in (DEPOSITS, UNPAID):
        _, history = played((), deposits)
        found, counted = presale.find(history), presale.count(history)
        during = counted.days["date"].isin(found.days)
        placed = plain.days.loc[plain.days["date"].isin(found.days), "orders"].sum()
        assert counted.days.loc[during, "orders"].sum() == pytest.approx(placed * (0.1 + 0.9 * 0.8), rel=0.08)
    assert presale.find(played((), DEPOSITS)[1]).rate == pytest.approx(0.8, abs=0.05)
    assert presale.count(plain) is plain


def mixed(first: int, then: int) -> tuple[History, FittedModels]:
    """The shop's reports of two mornings, downloaded with windows of so many days."""
    market, _ = played()
    folder = Path(tempfile.mkdtemp())
    paths = market.write_exports(folder, ago(1), since_days=30, window_days=first)
    paths += market.write_exports(folder, END, since_days=30, window_days=then)
    workspace = Workspace(folder / "shop")
    with workspace.lock():
        store.import_files(workspace, paths, lambda _: None)
    history = store.read_history(workspace, END)
    return history, fit.fit(history, Settings(), END)[0]


def test_downloads_of_one_window_do_not_contradict_each_other() -> None:
    history, models = mixed(16, 16)
    assert windows.contradictions(history.versions, models.delay) == []
    assert windows.contradictions(played()[1].versions, models.delay) == []


@pytest.mark.parametrize(("first", "then"), [(16, 3), (3, 16)])
def test_mixed_windows_are_told_with_their_downloads(first: int, then: int) -> None:
    history, models = mixed(first, then)
    (one,) = windows.contradictions(history.versions, models.delay)
    assert (one.before.date(), one.after.date()) == (ago(1), END)
    assert (one.now < one.was) == (then < first)


@pytest.mark.parametrize(
    ("short", "ignoring"), [((3,), 0.01), ((4, 3, 2), 0.06), ((6, 5), 0.08)], ids=["one", "in a row", "at first"]
)
def test_downloads_of_a_shorter_window_do_not_bend_the_delay(short: tuple[int, ...], ignoring: float) -> None:
    """Daily downloads, some of them made with a window of one day: their rows seem to grow late."""
    market, _ = played()

    def versions(which: tuple[int, ...]) -> pd.DataFrame:
        folder, paths = Path(tempfile.mkdtemp()), []
        for k in range(6, -1, -1):
            paths += market.write_exports(folder, ago(k), since_days=20, window_days=1 if k in which else 16)
        workspace = Workspace(folder / "shop")
        with workspace.lock():
            store.import_files(workspace, paths, lambda _: None)
        return store.read_history(workspace, END).versions

    said = delay.fit(versions(()), 15).known[1:6]
    mixed_up = versions(short)
    assert windows.delay_curve(mixed_up, 15).known[1:6] == pytest.approx(said, rel=0.05)
    assert np.abs(delay.fit(mixed_up, 15).known[1:6] / said - 1).max() > ignoring


def test_the_plan_warns_of_odd_days_and_mixed_windows(tmp_path: Path) -> None:
    market, _ = played(surge(6, 2))
    exports = tuple(market.write_history_exports(tmp_path))
    workspace = workspace_with(tmp_path / "shop", exports, "[shop]\nlanguage = 'en'\n")
    later = market.write_exports(tmp_path, END, since_days=30, window_days=3)[0]
    later.rename(workspace.inbox / later.name.replace("083000", "103000"))
    head = nightly.run(workspace, END, lambda *_: None).head
    said = " ".join(head["warnings"])
    assert f"{ago(6)} to {ago(2)}" in said
    assert "attribution windows" in said


def test_a_default_market_tells_nothing_odd() -> None:
    history = shop().history
    assert windows.contradictions(history.versions, fit.fit(history, Settings(), shop().day)[0].delay) == []
    assert presale.find(history).days.empty
