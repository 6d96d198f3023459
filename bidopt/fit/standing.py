"""Where every word stands against its rivals, day by day, from the mean rank of its shows and what its clicks cost.

Standing x is log(bid / location), 0 where the mean rank is 2. Rank runs from the last place to the first as a logistic
curve of it, logit((rank - 1) / places) falling at a pooled rate, and is far less noisy than clicks; where no rank is
told, the share of the bid that was paid stands in for it. Locations move as rivals do, slowly and in steps: a random
walk a word, tracked by a Kalman filter and smoother (Durbin & Koopman, Time Series Analysis by State Space Methods,
2nd ed., 4.3-4.4).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bidopt.fit.panel import Panel
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

USUAL_RATE, RATE_SPREAD = 2.3, 0.6
CPC_ELASTICITY, ELASTICITY_SPREAD = 0.75, 0.2
CPC_FADE, FADE_SPREAD = 0.7, 0.3
"""Priors, before the shop's own moves tell: a CPC rises by 0.75 % for 1 % of bid at rank 2, less further up."""
DEPTH_OF_PAID = (-1.85, -1.5)
"""log(rank - 1) as a line in log(-log(share of the bid paid)): a position auction among rivals alike."""
FEWEST_PLACES = 3.0
"""Places below the first that a page of results has at least."""
NEAREST = 0.02
"""Ranks are told to the hundredth: nearer to 1 says only that the word is first."""
WALKS = (0.004, 0.008, 0.016, 0.03, 0.06)
"""Daily sd of a location to choose from."""
STEP = 3.5
"""A surprise of so many standard deviations is a step of the market, not noise."""
CPC_DAY_NOISE = 0.03
"""Log CPC of one day moves so much even with endless clicks."""
MOVED = 0.004
LOWEST_X, HIGHEST_X = -2.0, 2.5
"""Further out no curve is trusted."""
PLACE_HALF_LIFE = 10.0
USUAL_MISFIT, MISFIT_MOVES = 0.3, 100
"""Before so many moves of bids tell, how far single words' ranks answer otherwise than the pool's."""
MOST_WORDS = 1000
"""So many words, evenly drawn, tell how fast locations move."""


@dataclass(frozen=True)
class Market:
    """What is pooled over the shop.

    rate: of depth in x; elasticity, fade: of CPC, at x = 0 and away from it; walk: daily sd of a location;
    misfit: how far a word's rank departs from the pooled curve, a unit of log bid.
    """

    rate: float = USUAL_RATE
    elasticity: float = CPC_ELASTICITY
    fade: float = CPC_FADE
    walk: float = WALKS[2]
    misfit: float = USUAL_MISFIT

    def log_cpc(self, x: Array) -> Array:
        """log(CPC / location) at standings x, any shape, before a word's own `paid`."""
        return np.asarray(-self.elasticity / self.fade * np.expm1(-self.fade * x))


@dataclass(frozen=True)
class Standing:
    """`x` (n, m): every day's standing; `location` (n,): log yuan of base bid where x would be 0 today, `spread` (n,)
    its sd; `paid` (n,): log CPC beyond the pooled curve, `paid_spread` (n,) its sd."""

    market: Market
    x: Array
    location: Array
    spread: Array
    paid: Array
    paid_spread: Array


@dataclass(frozen=True)
class _Seen:
    """(n, m), NaN where nothing was seen: depth, 0 at rank 2, and log CPC, with the variances of their noise."""

    log_bid: Array
    depth: Array
    depth_var: Array
    log_cpc: Array
    cpc_var: Array


def fit(panel: Panel, premium: Array) -> Standing:
    """Track every word of `panel`; `premium` (n,) is effective / base bid."""
    seen = _seen(panel)
    rate, misfit = _rate(seen)
    market = replace(Market(), rate=rate, misfit=misfit)
    raw = _raw_location(seen, market.rate, premium, panel.recency(PLACE_HALF_LIFE))
    market = replace(market, **_cpc_curve(seen, seen.log_bid - raw))
    paid, spread = _paid(seen, raw, market, panel.recency(PLACE_HALF_LIFE))
    some = np.linspace(0, len(raw) - 1, min(len(raw), MOST_WORDS)).astype(int)
    part = _Seen(*(values[some] for values in vars(seen).values()))
    scores = [_track(part, raw[some], paid[some], spread[some], replace(market, walk=w)).score for w in WALKS]
    market = replace(market, walk=WALKS[int(np.argmax(scores))])
    tracked = _track(seen, raw, paid, spread, market)
    paid, spread = _paid(seen, tracked.location, market, panel.recency(PLACE_HALF_LIFE))
    last = tracked.location[:, -1]
    return Standing(
        market, seen.log_bid - tracked.location, last, np.sqrt(tracked.variance + market.walk**2), paid, spread
    )


def _seen(panel: Panel) -> _Seen:
    log_bid = np.log(panel.bid)
    shown = np.where(np.isfinite(panel.rank), panel.impressions, 0.0)
    firm = panel.rank[shown >= 20]
    places = max(FEWEST_PLACES, 1.1 * float(np.quantile(firm, 0.99) - 1)) if len(firm) else FEWEST_PLACES
    beyond = np.clip(panel.rank - 1, NEAREST, places - 0.1)
    behind = beyond * (1 - beyond / places)
    cpc = np.log(np.where((panel.clicks > 0) & (panel.spend > 0), ratio(panel.spend, panel.clicks), np.nan))
    still = np.abs(np.diff(log_bid, axis=1)) < MOVED
    a_show = _noise(panel.rank, shown, still, 0.5)
    a_click = _noise(cpc, panel.clicks, still, 0.25)
    with np.errstate(divide="ignore"):
        depth_var = (a_show**2 / shown + 0.005**2) / behind**2
        cpc_var = a_click**2 / np.where(np.isfinite(cpc), panel.clicks, 0.0) + CPC_DAY_NOISE**2
    return _Seen(log_bid, np.log(beyond / (places - beyond) * (places - 1)), depth_var, cpc, cpc_var)


def _noise(values: Array, count: Array, still: npt.NDArray[np.bool_], usual: float) -> float:
    """sd of one show or click, from neighbouring days of unmoved bids: a robust mean, held weakly to the usual."""
    with np.errstate(divide="ignore"):
        scaled = np.diff(values, axis=1) ** 2 / (1 / count[:, 1:] + 1 / count[:, :-1])
    scaled = scaled[still & np.isfinite(scaled)]
    if len(scaled) < 30:
        return usual
    return float(np.sqrt(np.clip(np.median(scaled) / 0.455, usual**2 / 25, usual**2 * 25)))


def _rate(seen: _Seen) -> tuple[float, float]:
    """How fast depth falls with log bid, and the relative sd of that among moves.

    From one day to the next, so that luck and drift stay out.
    """
    step, fall = np.diff(seen.log_bid, axis=1), -np.diff(seen.depth, axis=1)
    use = (np.abs(step) > MOVED) & np.isfinite(fall)
    use &= np.minimum(seen.depth[:, 1:], seen.depth[:, :-1]) > np.log(4 * NEAREST)
    step, fall, noise = step[use], fall[use], (seen.depth_var[:, 1:] + seen.depth_var[:, :-1])[use] + 0.05**2
    information = max(float((step**2 / noise).sum()), 1e-9)
    own = float((step * fall / noise).sum()) / information
    # Words differ in their rate: however many the moves, the mean is not surer than this.
    sure = 1 / max(1 / information, 0.02**2)
    rate = float(np.clip((own * sure + USUAL_RATE / RATE_SPREAD**2) / (sure + 1 / RATE_SPREAD**2), 0.5, 5.0))
    firm = step**2 * rate**2 > noise
    excess = ((fall - rate * step) ** 2 - noise)[firm] / (rate * step[firm]) ** 2
    told = float(np.minimum(excess, 4.0).sum()) + MISFIT_MOVES * USUAL_MISFIT**2
    return rate, float(np.sqrt(np.clip(told / (firm.sum() + MISFIT_MOVES), 0.1**2, 1.0)))


def _raw_location(seen: _Seen, rate: float, premium: Array, recency: Array) -> Array:
    """(n, m) locations as each day's rank alone says, else as the word's other days or its prices do."""
    daily = seen.log_bid + seen.depth / rate
    weight = np.where(np.isfinite(daily), recency / (seen.depth_var + 0.01), 0.0)
    ranked = weight.sum(1) > 0
    own = ratio((weight * np.nan_to_num(daily)).sum(1), weight.sum(1))
    worth = np.where(np.isfinite(seen.log_cpc), recency / seen.cpc_var, 0.0)
    share = np.nan_to_num(seen.log_cpc) - seen.log_bid - np.log(premium)[:, None]
    share = np.minimum(ratio((worth * share).sum(1), worth.sum(1)), -0.01)
    level, slope = DEPTH_OF_PAID
    depth = level + slope * np.log(-share)
    bid = np.where(worth.sum(1) > 0, ratio((worth * seen.log_bid).sum(1), worth.sum(1)), seen.log_bid[:, -1])
    by_price = bid + np.clip(depth, np.log(NEAREST), np.log(4.0)) / rate
    word = np.where(ranked, own, by_price)
    told = np.isfinite(word)
    usual = float(np.median((bid - word)[told])) if told.any() else 0.0
    word = np.where(told, word, bid - usual)
    return np.where(np.isfinite(daily), daily, word[:, None])


def _cpc_curve(seen: _Seen, x: Array) -> dict[str, float]:
    """elasticity and fade of CPC from days on which the bid had just moved (robust least squares)."""
    from scipy.optimize import least_squares  # slow to import, and only fitting needs it

    step, change = np.diff(seen.log_bid, axis=1), np.diff(seen.log_cpc, axis=1)
    use = (np.abs(step) > MOVED) & np.isfinite(change)
    start, step, change = x[:, :-1][use], step[use], change[use]
    sd = np.sqrt(seen.cpc_var[:, 1:] + seen.cpc_var[:, :-1])[use]

    def miss(p: Array) -> Array:
        elasticity, fade = np.exp(p[0]), np.exp(p[1])
        said = -elasticity / fade * np.exp(-fade * start) * np.expm1(-fade * step)
        held = [(p[0] - np.log(CPC_ELASTICITY)) / ELASTICITY_SPREAD, (p[1] - np.log(CPC_FADE)) / FADE_SPREAD]
        return np.append((change - said) / sd, held)

    at = least_squares(miss, np.log([CPC_ELASTICITY, CPC_FADE]), loss="soft_l1", max_nfev=20).x
    return {"elasticity": float(np.exp(at[0])), "fade": float(np.exp(at[1]))}


def _paid(seen: _Seen, location: Array, market: Market, recency: Array) -> tuple[Array, Array]:
    """(mean, sd), (n,) each: log CPC beyond the pooled curve, held to the shop's."""
    beyond = seen.log_cpc - location - market.log_cpc(seen.log_bid - location)
    seen_it = np.isfinite(beyond)
    weight = np.where(seen_it, recency / (seen.cpc_var + 0.05**2), 0.0)
    total = weight.sum(1)
    own = np.nan_to_num(ratio((weight * np.nan_to_num(beyond)).sum(1), total))
    if not (total > 0).any():
        return np.full(len(own), -0.2), np.full(len(own), 0.3)
    centre = float(np.median(own[total > 0]))
    firm = total > 500
    between = float(np.clip(np.var(own[firm]), 0.02**2, 0.5**2)) if firm.sum() > 5 else 0.15**2
    precision = total + 1 / between
    return (total * own + centre / between) / precision, 1 / np.sqrt(precision)


@dataclass(frozen=True)
class _Tracked:
    location: Array
    variance: Array
    score: float


def _track(seen: _Seen, raw: Array, paid: Array, paid_spread: Array, market: Market) -> _Tracked:
    """Filter and smooth the locations (n, m); `variance` (n,) of the last, `score` the one-day-ahead log-likelihood.

    Two states a word: its location, and by how much its rank departs from the pooled curve. The second moves only with
    the bid, so what rank does on days of an unmoved bid is the rivals' doing.
    """
    log_bid, depth, depth_var, log_cpc, cpc_var = (np.ascontiguousarray(x.T) for x in vars(seen).values())  # by day
    by_rank, rank_var = log_bid + depth / market.rate, depth_var / market.rate**2
    moved = np.diff(log_bid, axis=0, prepend=log_bid[:1])
    m, n = log_bid.shape
    now = _State(
        np.median(raw[:, : min(m, 7)], axis=1), np.zeros(n), np.full(n, 0.3**2), np.zeros(n), np.full(n, 0.05**2)
    )
    ahead, path, score = [], [], 0.0
    for t in range(m):
        now = replace(now, a=now.a + market.walk**2, c=now.c + (market.misfit * moved[t]) ** 2)
        miss, total = by_rank[t] - (now.location + now.beside), now.a + 2 * now.b + now.c + rank_var[t]
        squared = np.nan_to_num(miss**2 / total)
        score -= 0.5 * float(np.nansum(np.where(np.isfinite(miss), np.log(total), 0.0) + np.minimum(squared, STEP**2)))
        now = replace(now, a=now.a + np.where(squared > STEP**2, np.nan_to_num(miss) ** 2, 0.0))
        ahead.append(now)
        now = _updated(now, (1.0, 1.0), miss, rank_var[t])
        x = np.clip(log_bid[t] - now.location, LOWEST_X, HIGHEST_X)
        slope = np.maximum(1 - market.elasticity * np.exp(-market.fade * x), 0.1)
        miss = log_cpc[t] - now.location - paid - market.log_cpc(x)
        now = _updated(now, (slope, 0.0), miss, cpc_var[t] + paid_spread**2)
        path.append(now)
    for t in range(m - 2, -1, -1):
        path[t] = _smoothed(path[t], ahead[t + 1], path[t + 1])
    return _Tracked(np.column_stack([state.location for state in path]), now.a, score)


@dataclass(frozen=True)
class _State:
    """Of each word (n,): `location`, what its rank is `beside` the curve, and their covariance [[a, b], [b, c]]."""

    location: Array
    beside: Array
    a: Array
    b: Array
    c: Array


def _updated(state: _State, to: tuple[Array | float, Array | float], miss: Array, noise: Array) -> _State:
    """One scalar observation a word, `miss` (n,) from what `to` foresaw of both states, NaN where there is none."""
    some = np.isfinite(miss)
    first, second = state.a * to[0] + state.b * to[1], state.b * to[0] + state.c * to[1]
    weight = some / (first * to[0] + second * to[1] + np.where(some, noise, 1.0))
    gained = weight * np.nan_to_num(miss)
    return _State(
        state.location + first * gained,
        state.beside + second * gained,
        state.a - weight * first * first,
        state.b - weight * first * second,
        state.c - weight * second * second,
    )


def _smoothed(state: _State, ahead: _State, later: _State) -> _State:
    """`state` with what the next day told: foreseen `ahead`, in the end `later` (Rauch, Tung & Striebel, 1965)."""
    size = ahead.a * ahead.c - ahead.b**2
    first, second = later.location - ahead.location, later.beside - ahead.beside
    left, right = (ahead.c * first - ahead.b * second) / size, (ahead.a * second - ahead.b * first) / size
    return replace(
        state,
        location=state.location + state.a * left + state.b * right,
        beside=state.beside + state.b * left + state.c * right,
    )
