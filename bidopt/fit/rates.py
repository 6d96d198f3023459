"""CTR, CVR and order value of every word: what its kind says, moved by its own counts as far as they are worth.

The common part is a statsmodels GLM on cells (exact and cheap: a word's covariates do not change by the day);
the word's own effect is empirical Bayes on top of it (shrinkage.py); items may fall ill, so theirs may move.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit.delay import DelayCurve
from bidopt.fit.panel import Panel, by_group
from bidopt.fit.shrinkage import shrink, track
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

CTR_HALF_LIFE = 30.0
CVR_HALF_LIFE = 60.0
MIN_EVENTS = 30
"""Fewer clicks (or orders) than this in the whole shop say nothing about covariates."""
USUAL_CTR, USUAL_CVR, USUAL_VALUE = 0.04, 0.02, 100.0
"""For a shop without a single click, order or sale; the plan says how little it knows."""


EVENING_CONVERSION = 1.25
"""Clicks of the hours that a spent budget misses convert so much better than the day's mean."""


def served_orders(share: npt.ArrayLike) -> Array:
    """Share of a day's orders that come from the first `share` of its clicks, of any shape."""
    missed: Array = 1 - np.asarray(share, float)
    return np.maximum(1 - EVENING_CONVERSION * missed, 0.5 * (1 - missed))


@dataclass(frozen=True)
class Rate:
    """`mean` (n,) by word at its present state, `spread` (n,) its relative sd, `notes` for the model card."""

    mean: Array
    spread: Array
    notes: dict[str, float]


def covariates(panel: Panel, *, carts: bool) -> pd.DataFrame:
    """(n, p) standardised word covariates: match type, length, quality score and, for CVR, the cart rate."""
    units = panel.units
    quality = units["quality_score"].astype(float)
    frame = pd.DataFrame(
        {
            "exact": units["match_type"].eq("exact").astype(float),
            "broad": units["match_type"].eq("broad").astype(float),
            "length": np.log(units["keyword"].str.len().clip(lower=1).astype(float)),
            "quality": quality.fillna(quality.median() if quality.notna().any() else 7.0),
        }
    )
    if carts:
        clicks, added = panel.clicks.sum(1), panel.counts["carts"].sum(1)
        usual = ratio(added.sum(), clicks.sum())
        if usual > 0:
            frame["carts"] = np.log(np.maximum(shrink(added, clicks * usual).mean, 1e-3))
    spread = frame.std()
    return ((frame - frame.mean()) / spread.where(spread > 1e-9, 1.0)).loc[:, spread > 1e-9]


def common_rate(events: Array, exposure: Array, x: pd.DataFrame) -> tuple[Array, dict[str, float]]:
    """(n,) what a Poisson GLM on `x` expects of each word an exposure, and its coefficients."""
    import statsmodels.api as sm

    total = ratio(events.sum(), exposure.sum())
    if events.sum() < MIN_EVENTS * (1 + x.shape[1]):
        return np.full(len(x), float(total)), {}
    use = exposure > 0
    design = sm.add_constant(x, has_constant="add")
    # A few pseudo-counts at the shop's mean keep a covariate that separates a handful of words finite.
    model = sm.GLM(
        events[use] + 0.01 * total,
        design[use],
        family=sm.families.Poisson(),
        offset=np.log(exposure[use] + 0.01),
    ).fit()
    return np.asarray(np.exp(design.to_numpy() @ model.params.to_numpy())), {
        k: float(v) for k, v in model.params.items()
    }


def fit_ctr(panel: Panel, z: Array) -> tuple[Rate, float]:
    """CTR at the present bid, and the elasticity of CTR to the standing z of the bid within a word."""
    import statsmodels.api as sm

    clicks, shown = panel.clicks, np.maximum(panel.impressions, panel.clicks)
    if clicks.sum() < MIN_EVENTS:
        level = (clicks.sum() + 20 * USUAL_CTR) / (shown.sum() + 20)
        return Rate(np.full(len(z), level), np.full(len(z), 1.0), {}), 0.0
    weight = panel.recency(CTR_HALF_LIFE)
    mean, notes = common_rate((weight * clicks).sum(1), (weight * shown).sum(1), covariates(panel, carts=False))
    slope = 0.0
    centre = ratio((weight * shown * z).sum(1), (weight * shown).sum(1))
    away = np.clip(z - np.where(np.isfinite(centre), centre, z[:, -1])[:, None], -2, 2)
    cells = _cells(away, clicks, shown)
    if len(cells) and cells["away"].std() > 0.05:
        # Word effects as an offset: the slope is then from changes within a word, never from better words bidding more.
        own = ratio(clicks.sum(1), shown.sum(1))[cells["unit"]]
        logit = np.log(own / (1 - own))
        counts = np.column_stack([cells["clicks"], cells["shown"] - cells["clicks"]])
        model = sm.GLM(counts, cells[["away"]], family=sm.families.Binomial(), offset=logit).fit()
        error = float(model.bse.iloc[0]) * np.sqrt(max(model.pearson_chi2 / max(model.df_resid, 1), 1.0))
        slope = float(np.clip(model.params.iloc[0] * 0.15**2 / (0.15**2 + error**2), 0.0, 0.5))
    expected = weight * shown * mean[:, None] * np.exp(slope * away)
    word = shrink((weight * clicks).sum(1), expected.sum(1))
    now = np.exp(slope * away[:, -1])
    return Rate(np.minimum(mean * word.mean * now, 0.6), word.spread, {**notes, "strength": word.strength}), slope


def _cells(away: Array, clicks: Array, shown: Array) -> pd.DataFrame:
    """Word-days summed to three cells a word by where the bid stood: low, usual, high. Words with no click left out."""
    level = np.digitize(away, [-0.25, 0.25])
    unit = np.broadcast_to(np.arange(len(away))[:, None], away.shape)
    flat = pd.DataFrame(
        {"unit": unit.ravel(), "level": level.ravel(), "clicks": clicks.ravel(), "shown": shown.ravel()}
    ).assign(away=(away * shown).ravel())
    cells = flat[flat["shown"] > 0].groupby(["unit", "level"], as_index=False).sum()
    total = cells.groupby("unit")[["clicks", "shown"]].transform("sum")
    cells = cells[(total["clicks"] > 0) & (total["clicks"] < total["shown"])]
    return cells.assign(away=cells["away"] / cells["shown"])


def fit_cvr(panel: Panel, delay: DelayCurve, factor: Array) -> tuple[Rate, Array]:
    """Final orders a click of each word now, and the orders (n, m) that each word-day was expected to show so far.

    Exposure is clicks x the share of their orders that the report could know x the day's `factor` (n, m) or (m,).
    """
    orders = panel.counts["orders"]
    exposure = panel.clicks * delay.at(panel.age) * factor * panel.covered
    weight = panel.recency(CVR_HALF_LIFE)
    n = len(panel.units)
    if orders.sum() < 3:
        level = (orders.sum() + 50 * USUAL_CVR) / (exposure.sum() + 50)
        return Rate(np.full(n, level), np.full(n, 1.0), {}), exposure * level
    mean, notes = common_rate((weight * orders).sum(1), (weight * exposure).sum(1), covariates(panel, carts=True))
    items = len(panel.item_ids)
    by_item = by_group(orders, panel.item, items), by_group(exposure * mean[:, None], panel.item, items)
    path, item = track(*by_item)
    expected = exposure * mean[:, None] * path[panel.item]
    word = shrink((weight * orders).sum(1), (weight * expected).sum(1))
    rate = mean * item.mean[panel.item] * word.mean
    spread = np.sqrt(word.spread**2 + item.spread[panel.item] ** 2)
    notes = notes | {"strength": word.strength, "item_strength": item.strength, "item_forgetting": item.forgetting}
    return Rate(np.minimum(rate, 1.0), spread, notes), exposure * rate[:, None]


def fit_value(panel: Panel) -> Rate:
    """GMV an order in yuan by word: its own orders beside its item's, its item's beside the shop's."""
    orders, gmv = panel.counts["orders"], panel.counts["gmv"]
    weight = panel.recency(CVR_HALF_LIFE)
    count, value = (weight * orders).sum(1), (weight * gmv).sum(1)
    shop = float(ratio(value.sum(), count.sum())) if count.sum() > 0 else USUAL_VALUE
    items = len(panel.item_ids)
    item_count, item_value = by_group(count, panel.item, items), by_group(value, panel.item, items)
    item = (item_value + 3 * shop) / (item_count + 3)
    own = ratio(value, count)
    within, between = _variance_parts(own, item[panel.item], count)
    strength = float(np.clip(within / max(between, 1e-4), 1.0, 200.0))
    mean = (value + strength * item[panel.item]) / (count + strength)
    spread = np.sqrt(within / (count + strength) + 0.1 / (item_count + 3)[panel.item])
    return Rate(mean, spread, {"shop": shop, "strength": strength, "order_spread": float(np.sqrt(within))})


def _variance_parts(own: Array, group: Array, count: Array) -> tuple[float, float]:
    """(within, between): relative variance of one order around its word, and of words around their item (moments)."""
    use = count >= 2
    if use.sum() < 10:
        return 0.25, 0.02
    miss = (own[use] / group[use] - 1) ** 2
    # miss = between + within / count: a weighted line through the words gives both.
    slope, level = np.polyfit(1 / count[use], miss, 1, w=np.sqrt(count[use]))
    return float(np.clip(slope, 0.02, 2.0)), float(np.clip(level, 0.002, 0.5))
