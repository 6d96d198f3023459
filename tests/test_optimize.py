"""The optimiser against brute force, HiGHS and its own promises."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from bidopt.optimize import Limit, Problem, check, maximise_ratio, solve
from bidopt.optimize.dual import bound, dual
from bidopt.optimize.fill import fill
from bidopt.optimize.hull import upgrades

CLOSE = 1e-9


def random_problem(
    seed: int,
    n_words: int,
    n_options: int,
    *,
    campaigns: int = 0,
    roi: float = 0.0,
    tight: float = 0.5,
    unit: float = 1.0,
    concave: bool = False,
) -> Problem:
    """`tight` places the cap between the least (0) and the most (1) the words can spend."""
    rng = np.random.default_rng(seed)
    shape = (n_words, n_options)
    size = rng.lognormal(1, 1, (n_words, 1))
    spend = np.sort(rng.uniform(0, 1, shape), axis=1) * size
    rate = rng.uniform(0.5, 4, (n_words, 1))
    gmv = rate * (np.sqrt(spend * size) if concave else spend * rng.uniform(0.3, 1.7, shape))
    allowed = rng.uniform(size=shape) < 0.8
    allowed[np.arange(n_words), rng.integers(0, n_options, n_words)] = True
    least = np.where(allowed, spend, np.inf).min(axis=1)
    most = np.where(allowed, spend, -np.inf).max(axis=1)
    group = rng.integers(0, campaigns, n_words) if campaigns else None
    group_cap = None
    if group is not None:
        room = rng.uniform(0.2, 1.2, campaigns)
        group_cap = np.bincount(group, least, campaigns) * (1 - room) + np.bincount(group, most, campaigns) * room
        group_cap = np.maximum(group_cap, np.bincount(group, least, campaigns))
    return Problem(
        value=(0.6 * gmv - spend) * unit,
        spend=spend,
        allowed=allowed,
        cap=float(least.sum() + tight * (most - least).sum()),
        start=np.argmax(allowed, axis=1),
        group=group,
        group_cap=group_cap,
        gmv=gmv,
        min_roi=roi,
    )


def brute_force(problem: Problem, ratio: bool = False) -> float:
    """The best value (or gmv a yuan) of all choices within the limits, -inf where there is none."""
    best = -np.inf
    rows = np.arange(len(problem.start))
    for options in itertools.product(*(np.flatnonzero(row) for row in problem.allowed)):
        choice = np.array(options)
        if check(problem, choice):
            continue
        value = problem.value[rows, choice].sum()
        if ratio:
            assert problem.gmv is not None
            value = problem.gmv[rows, choice].sum() / problem.spend[rows, choice].sum()
        best = max(best, value)
    return best


def lp_optimum(problem: Problem) -> float:
    """The linear relaxation by HiGHS, written from the problem's statement."""
    n_words, n_options = problem.value.shape
    one_a_word = np.kron(np.eye(n_words), np.ones(n_options))
    rows, caps = [], []
    if np.isfinite(problem.cap):
        rows.append(problem.spend.ravel())
        caps.append(problem.cap)
    if problem.group is not None and problem.group_cap is not None:
        for campaign, cap in enumerate(problem.group_cap):
            rows.append((problem.spend * (problem.group == campaign)[:, None]).ravel())
            caps.append(cap)
    if problem.min_spend:
        rows.append(-problem.spend.ravel())
        caps.append(-problem.min_spend)
    if problem.min_roi:
        assert problem.gmv is not None
        rows.append((problem.min_roi * problem.spend - problem.gmv).ravel())
        caps.append(0.0)
    found = linprog(
        -problem.value.ravel(),
        A_ub=np.array(rows),
        b_ub=np.array(caps),
        A_eq=one_a_word,
        b_eq=np.ones(n_words),
        bounds=[(0, float(ok)) for ok in problem.allowed.ravel()],
        method="highs-ds",
    )
    assert found.success
    assert found.fun is not None
    return -float(found.fun)


@st.composite
def problems(draw: st.DrawFn, min_words: int = 1, max_words: int = 6) -> Problem:
    """Small problems full of ties, zeros, negative values, caps of 0 and scales far apart."""
    n_words = draw(st.integers(min_words, max_words))
    shape = (n_words, draw(st.integers(1, 4)))
    table = st.lists(st.integers(0, 8), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    spend, gmv, dice = (np.array(draw(table), float).reshape(shape) for _ in range(3))
    allowed = dice > 1
    allowed[:, 0] |= ~allowed.any(axis=1)
    yuan, unit = draw(st.sampled_from([1e-6, 0.01, 1.0, 1e6])), draw(st.sampled_from([1e-6, 1.0, 1e6]))
    campaigns = draw(st.integers(0, 3))
    caps = st.one_of(st.just(np.inf), st.integers(0, 20).map(float))
    start = np.argmax(allowed, axis=1)
    group = np.array([draw(st.integers(0, max(campaigns - 1, 0))) for _ in range(n_words)])
    moved = np.arange(shape[1]) != start[:, None]
    floor = np.array([draw(st.sampled_from([-np.inf, -np.inf, 2.0])) for _ in range(max(campaigns, 1))])
    kinds = {
        "campaign_floor": Limit("campaign_floor", -spend * yuan, group, -floor * yuan),
        "stock": Limit("stock", gmv, np.arange(n_words) % 2, np.array([draw(caps), draw(caps)])),
        "max_changes": Limit("max_changes", moved * 1.0, 0 * group, np.array([float(draw(st.integers(0, 6)))])),
    }
    others = tuple(kinds[name] for name in draw(st.sets(st.sampled_from(sorted(kinds))))) if draw(st.booleans()) else ()
    return Problem(
        value=(gmv - 0.5 * spend - draw(st.integers(0, 6))) * unit,
        spend=spend * yuan,
        allowed=allowed,
        cap=draw(caps) * yuan,
        start=start,
        group=group if campaigns else None,
        group_cap=np.array([draw(caps) for _ in range(campaigns)]) * yuan if campaigns else None,
        gmv=gmv * yuan,
        min_roi=draw(st.sampled_from([0.0, 0.0, 0.7, 1.5])),
        min_spend=draw(st.sampled_from([0.0, 0.0, 3.0])) * yuan,
        others=others,
    )


@settings(max_examples=400, deadline=None)
@given(problems())
def test_agrees_with_brute_force(problem: Problem) -> None:
    best = brute_force(problem)
    found = solve(problem)
    assert found.feasible == (check(problem, found.choice) == [])
    assert found.feasible == np.isfinite(best)
    if found.feasible:
        room = CLOSE * np.abs(problem.value).max() * len(problem.start)
        assert found.bound >= best - room
        assert found.value >= best - 1.1e-3 * abs(found.bound) - room
        assert found.value <= best + room


@settings(max_examples=200, deadline=None)
@given(problems())
def test_any_prices_give_a_bound(problem: Problem) -> None:
    best = brute_force(problem)
    prices = {limit.name: np.full(limit.cap.size, 0.3) for limit in problem.limits}
    for limit in problem.limits:
        prices[limit.name][~np.isfinite(limit.cap)] = 0
    charged = sum(float(np.abs(0.3 * limit.cap[np.isfinite(limit.cap)]).sum()) for limit in problem.limits)
    room = CLOSE * np.abs(problem.value).max() * len(problem.start) + 1e-12 * charged
    assert bound(problem, prices) >= best - room


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(0, 4), st.floats(0, 1.1), st.sampled_from([0.0, 1.8]))
def test_never_outside_the_limits(seed: int, n_words: int, campaigns: int, tight: float, roi: float) -> None:
    found = solve(random_problem(seed, n_words, 8, campaigns=campaigns, tight=tight, roi=roi))
    assert found.gap >= 0
    assert found.value <= found.bound
    if roi == 0:
        assert found.feasible


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4), st.lists(st.floats(0, 1.2), min_size=2, max_size=6), st.booleans())
def test_more_cap_never_gives_less(seed: int, campaigns: int, tights: list[float], concave: bool) -> None:
    values = []
    for tight in sorted(tights):
        problem = random_problem(seed, 40, 8, campaigns=campaigns, tight=tight, concave=concave)
        steps = upgrades(problem.value, problem.spend, problem.allowed)
        rows = np.arange(40)
        values.append(problem.value[rows, fill(problem, steps)].sum())
    assert (np.diff(values) >= -CLOSE * np.abs(values).max()).all()


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("limits", [{}, {"campaigns": 4}, {"roi": 2.4}, {"campaigns": 4, "roi": 2.4}])
def test_bound_is_the_lp_optimum(seed: int, limits: dict[str, float], unit: float) -> None:
    problem = random_problem(seed, 30, 8, tight=0.4, unit=unit, **limits)  # type: ignore[arg-type]
    # HiGHS works to absolute tolerances: it gets the problem in unit scale.
    expected = lp_optimum(replace(problem, value=problem.value / unit)) * unit
    assert dual(problem).bound == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_spend_floor_is_priced_too(seed: int) -> None:
    problem = random_problem(seed, 30, 8, campaigns=3, tight=1.0)
    spent = solve(problem).spend
    forced = replace(problem, min_spend=1.05 * spent)
    found = solve(forced)
    assert found.feasible
    assert found.spend >= forced.min_spend
    assert "min_spend" in found.binding
    assert dual(forced).bound == pytest.approx(lp_optimum(forced), rel=1e-6)


@pytest.mark.parametrize("limits", [{}, {"campaigns": 3}, {"roi": 2.4}])
def test_hundreds_of_words_leave_next_to_no_gap(limits: dict[str, float]) -> None:
    found = solve(random_problem(1, 400, 30, tight=0.4, **limits))  # type: ignore[arg-type]
    assert found.feasible
    assert found.gap < 1e-3
    assert found.tried == ("dual", "fill")


@pytest.mark.parametrize("seed", range(4))
def test_all_limits_at_once_leave_next_to_no_gap(seed: int) -> None:
    n_words, n_items = 800, 16
    problem = random_problem(seed, n_words, 30, campaigns=4, roi=1.2, concave=True)
    rng, rows = np.random.default_rng(seed), np.arange(n_words)
    assert problem.gmv is not None
    assert problem.group is not None
    best = np.where(problem.allowed, problem.value, -np.inf).argmax(axis=1)
    orders, item = problem.gmv / 30, rng.integers(0, n_items, n_words)
    stock = np.bincount(item, orders[rows, best]) * np.where(rng.random(n_items) < 0.3, 0.7, np.inf)
    floor = np.where(np.arange(4) == 0, -0.3 * np.bincount(problem.group, problem.spend[rows, best]), np.inf)
    moved = (np.arange(30) != problem.start[:, None]).astype(float)
    others = (
        Limit("campaign_floor", -problem.spend, problem.group, floor),
        Limit("stock", orders, item, stock),
        Limit("max_changes", moved, np.zeros(n_words, np.intp), np.array([0.7 * n_words])),
    )
    found = solve(replace(problem, others=others), search=False)
    assert found.feasible
    assert found.gap < 1e-3


def test_shadow_price_is_the_value_of_the_next_yuan() -> None:
    problem = random_problem(3, 400, 30, tight=0.3, concave=True)
    found = solve(problem)
    more = solve(replace(problem, cap=problem.cap * 1.01))
    assert found.binding == ("cap",)
    assert (more.value - found.value) / (0.01 * problem.cap) == pytest.approx(found.shadow_price, rel=0.05)


def test_a_slack_cap_has_no_price_and_spends_only_what_pays() -> None:
    problem = replace(random_problem(4, 50, 8), cap=np.inf)
    found = solve(problem)
    best = np.where(problem.allowed, problem.value, -np.inf).max(axis=1)
    assert found.value == pytest.approx(best.sum())
    assert (found.shadow_price, found.gap, found.binding) == (0.0, 0.0, ())


def test_campaign_price_tells_which_budget_is_short() -> None:
    problem = random_problem(5, 60, 8, campaigns=2, tight=1.2, concave=True)
    assert problem.group_cap is not None
    least = np.where(problem.allowed, problem.spend, np.inf).min(axis=1)
    short = problem.group == 0
    problem = replace(problem, cap=np.inf, group_cap=np.array([1.1 * least[short].sum(), np.inf]))
    found = solve(problem)
    assert found.binding == ("campaign_cap",)
    assert found.group_price is not None
    assert found.group_price[0] > 0
    assert found.group_price[1] == 0


def test_order_of_words_does_not_matter() -> None:
    problem = random_problem(6, 200, 12, campaigns=3)
    assert problem.group is not None
    turned = np.random.default_rng(0).permutation(200)
    other = replace(
        problem,
        **{name: getattr(problem, name)[turned] for name in ("value", "spend", "allowed", "start", "group", "gmv")},
    )
    assert solve(other).value == pytest.approx(solve(problem).value, rel=1e-12)


def test_same_problem_same_choice() -> None:
    one, two = (solve(random_problem(7, 25, 12, tight=0.3)) for _ in range(2))
    assert (one.choice == two.choice).all()
    assert one.bound == two.bound


def test_a_cap_out_of_reach_gives_the_least_spend_and_says_so() -> None:
    problem = replace(random_problem(8, 12, 6), cap=0.01)
    found = solve(problem)
    least = np.where(problem.allowed, problem.spend, np.inf).min(axis=1).sum()
    assert not found.feasible
    assert found.binding == ("cap",)
    assert found.tried[0] == "least_spend"
    assert found.spend == pytest.approx(least)


def test_one_campaign_out_of_reach_leaves_the_others_their_best() -> None:
    problem = random_problem(9, 40, 6, campaigns=2, tight=1.2)
    broken = replace(problem, cap=np.inf, group_cap=np.array([0.0, np.inf]))
    found = solve(broken)
    best = np.where(problem.allowed, problem.value, -np.inf).max(axis=1)
    assert problem.group is not None
    others = problem.group == 1
    assert found.binding == ("campaign_cap",)
    assert problem.value[np.arange(40), found.choice][others].sum() == pytest.approx(best[others].sum())


def test_an_roi_out_of_reach_comes_as_near_as_it_can() -> None:
    problem = random_problem(10, 30, 6, roi=50.0)
    found = solve(problem)
    assert (found.feasible, found.binding) == (False, ("min_roi",))
    assert problem.gmv is not None
    surplus = np.where(problem.allowed, problem.gmv - 50 * problem.spend, -np.inf)
    assert (problem.gmv - 50 * problem.spend)[np.arange(30), found.choice].sum() == pytest.approx(
        surplus.max(axis=1).sum(), rel=0.01
    )


def broken(*_: object) -> None:
    raise ArithmeticError("broken on purpose")


def test_a_failed_search_leaves_what_fill_found(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(3, 20, 8, tight=0.4)
    assert "milp" in solve(problem).tried
    monkeypatch.setattr("bidopt.optimize.solver.exact", broken)
    found = solve(problem)
    assert found.feasible
    assert found.tried == ("dual", "fill", "milp", "fill")


@pytest.mark.parametrize(("cap", "today_stands"), [(np.inf, True), (1e-3, False)])
def test_a_failure_keeps_todays_bids(monkeypatch: pytest.MonkeyPatch, cap: float, today_stands: bool) -> None:
    problem = random_problem(11, 10, 6)
    dearest = np.argmax(np.where(problem.allowed, problem.spend, -1), axis=1)
    problem = replace(problem, cap=cap, start=dearest)

    monkeypatch.setattr("bidopt.optimize.solver.dual", broken)
    found = solve(problem)
    assert found.tried[-1] == "keep"
    assert (found.choice == dearest).all() == today_stands
    assert found.bound >= found.value


@pytest.mark.parametrize("seed", range(12))
def test_ratio_agrees_with_brute_force(seed: int) -> None:
    problem = random_problem(seed, 5, 4, campaigns=seed % 3, tight=0.8)
    floor = 0.4 * problem.cap
    best = brute_force(replace(problem, min_spend=floor), ratio=True)
    found = maximise_ratio(replace(problem, value=problem.gmv), floor)
    assert found.feasible == np.isfinite(best)
    if found.feasible:
        assert found.spend >= floor * (1 - CLOSE)
        assert found.bound >= best * (1 - CLOSE)
        assert found.value >= best * 0.999


def test_ratio_beats_every_cap_on_profit() -> None:
    problem = random_problem(12, 300, 20, tight=0.8, concave=True)
    assert problem.gmv is not None
    floor = 0.5 * problem.cap
    found = maximise_ratio(replace(problem, value=problem.gmv), floor)
    assert found.feasible
    assert found.gap < 1e-3
    for tight in (0.6, 0.8, 1.0):
        profit = solve(replace(problem, cap=tight * problem.cap, min_spend=floor))
        gmv = problem.gmv[np.arange(300), profit.choice].sum()
        assert found.value >= gmv / profit.spend * (1 - CLOSE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"value": np.full((2, 2), np.nan)}, "finite"),
        ({"spend": np.full((2, 2), -1.0)}, "negative"),
        ({"spend": np.zeros((2, 3))}, "shape"),
        ({"allowed": np.zeros((2, 2), bool)}, "no allowed option"),
        ({"group": np.zeros(2, int)}, "go together"),
        ({"min_roi": 1.0}, "needs gmv"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(change: dict[str, object], told: str) -> None:
    good = Problem(np.zeros((2, 2)), np.zeros((2, 2)), np.ones((2, 2), bool), 1.0, np.zeros(2, int))
    with pytest.raises(ValueError, match=told):
        replace(good, **change)  # type: ignore[arg-type]


def test_a_shop_without_words_is_solved() -> None:
    none = np.zeros((0, 5))
    found = solve(Problem(none, none, none > 0, 100.0, np.zeros(0, int)))
    assert (found.feasible, found.value, found.gap, found.choice.size) == (True, 0.0, 0.0, 0)


def test_the_exact_search_keeps_stdout_clean(capfd: pytest.CaptureFixture[str]) -> None:
    found = solve(random_problem(3, 80, 30, tight=0.4))
    assert "milp" in found.tried
    assert capfd.readouterr().out == ""
