"""CTR of every word: what its kind says, moved by its own counts as far as they are worth.

The common part is a statsmodels GLM on cells (exact and cheap: a word's covariates do not change by the day);
the word's own effect is empirical Bayes on top of it (shrinkage.py).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit.panel import Panel
from bidopt.fit.shrinkage import Rate, shrink
from bidopt.fit.traits import traits
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

HALF_LIFE = 30.0
MIN_EVENTS = 30
"""Fewer clicks than this in the whole shop say nothing about covariates."""
USUAL_CTR = 0.04
"""For a shop without a single click; the plan says how little it knows."""
TRAIT = 0.5
"""Prior log sd of a standardised covariate's effect: next to nothing in a usual shop, and all there is where few words
do not tell covariates apart."""
SLOPE = 0.15
"""Prior sd of the slope of logit CTR in the standing of the bid, around 0."""


def common_rate(events: Array, exposure: Array, x: pd.DataFrame) -> tuple[Array, dict[str, float]]:
    """(n,) what a Poisson GLM on `x` expects of each word an exposure, and its coefficients."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    total, p = ratio(events.sum(), exposure.sum()), x.shape[1]
    if p == 0 or events.sum() < MIN_EVENTS * (1 + p):
        return np.full(len(x), float(total)), {}
    use = exposure > 0
    design = np.column_stack([np.ones(len(x)), x.to_numpy()])
    # Pseudo-words at the shop's mean are the ridge: covariates that go together, or separate the words, stay finite.
    pseudo = np.column_stack([np.ones(p), np.eye(p)])
    mean = np.full(p, TRAIT**-2)
    model = GLM(
        np.append(events[use], mean),
        np.vstack([design[use], pseudo]),
        family=Poisson(),
        offset=np.log(np.append(exposure[use], mean / total)),
    ).fit()
    return np.exp(design @ model.params), dict(zip(["const", *x.columns], model.params.tolist(), strict=True))


def fit(panel: Panel, z: Array) -> tuple[Rate, float]:
    """CTR at the present bid, and the elasticity of CTR to the standing z of the bid within a word."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    clicks, shown = panel.clicks, np.maximum(panel.impressions, panel.clicks)
    if clicks.sum() < MIN_EVENTS:
        level = (clicks.sum() + 20 * USUAL_CTR) / (shown.sum() + 20)
        return Rate(np.full(len(z), level), np.full(len(z), 1.0), {}), 0.0
    weight = panel.recency(HALF_LIFE)
    mean, notes = common_rate((weight * clicks).sum(1), (weight * shown).sum(1), traits(panel.units))
    slope = 0.0
    centre = ratio((weight * shown * z).sum(1), (weight * shown).sum(1))
    away = np.clip(z - np.where(np.isfinite(centre), centre, z[:, -1])[:, None], -2, 2)
    cells = _cells(away, clicks, shown)
    if len(cells) and cells["away"].std() > 0.05:
        # Word effects as an offset: the slope is then from changes within a word, never from better words bidding more.
        own = ratio(clicks.sum(1), shown.sum(1))[cells["unit"]]
        # One pseudo-show without a slope keeps clicks on one side of the bid alone finite.
        logit = np.append(np.log(own / (1 - own)), 0.0)
        counts = np.column_stack([cells["clicks"], cells["shown"] - cells["clicks"]])
        counts, away_of = np.vstack([counts, [0.5, 0.5]]), np.append(cells["away"], 1.0)
        model = GLM(counts, away_of[:, None], family=Binomial(), offset=logit).fit()
        error = float(model.bse[0]) * np.sqrt(max(model.pearson_chi2 / model.df_resid, 1.0))
        slope = float(np.clip(model.params[0] * SLOPE**2 / (SLOPE**2 + error**2), 0.0, 0.5))
    expected = weight * shown * mean[:, None] * np.exp(slope * away)
    word = shrink((weight * clicks).sum(1), expected.sum(1))
    now = np.exp(slope * away[:, -1])
    return Rate(np.minimum(mean * word.mean * now, 0.6), word.spread, {**notes, "strength": word.strength}), slope


def _cells(away: Array, clicks: Array, shown: Array) -> pd.DataFrame:
    """Word-days summed to three cells a word by where the bid stood: low, usual, high.

    Words with no click are left out, and words with one cell, which show no contrast.
    """
    level = np.digitize(away, [-0.25, 0.25])
    unit = np.broadcast_to(np.arange(len(away))[:, None], away.shape)
    flat = pd.DataFrame(
        {"unit": unit.ravel(), "level": level.ravel(), "clicks": clicks.ravel(), "shown": shown.ravel()}
    ).assign(away=(away * shown).ravel())
    cells = flat[flat["shown"] > 0].groupby(["unit", "level"], as_index=False).sum()
    total = cells.groupby("unit")[["clicks", "shown"]].transform("sum")
    several = cells.duplicated("unit", keep=False)
    cells = cells[several & (total["clicks"] > 0) & (total["clicks"] < total["shown"])]
    return cells.assign(away=cells["away"] / cells["shown"])
