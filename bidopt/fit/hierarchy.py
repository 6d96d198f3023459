"""Rates of words that lean on their kind and their group: word < group < shop, all strengths learnt.

Counts are Poisson around expected x exp(x @ effects + group effect) x word effect. Effects of covariates are normal in
blocks of like size, group effects normal, word effects Gamma(k, k) around 1, so that a word's count is negative
binomial. Newton's method finds the mode, the groups eliminated since they do not meet (a Schur complement); sizes and k
are fixed points of the evidence, which counts what the effects used up (MacKay, 1992, Bayesian interpolation; REML).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.fit.panel import Index, by_group

Array = npt.NDArray[np.float64]

TURNS = 40
USUAL_STRENGTH, STRENGTH_WORTH = 12.0, 10.0
"""Before any count: words differ from their kind by some 30 %; this belief is worth so many words."""
USUAL_GROUP, GROUP_WORTH = 0.3, 2.0
"""Items differ by some 30 % (log sd); worth so many items."""
SIZE_WORTH = 4.0
"""What a block's prior size is worth, in columns."""
EVEN = 1e6
"""The level has no prior to speak of."""


@dataclass(frozen=True)
class Block:
    """Covariates `x` (n, p) whose effects are alike: around `centre`, with a log sd of about `size`."""

    x: Array
    size: float
    centre: float = 0.0


@dataclass(frozen=True)
class Hierarchy:
    """Rates after `fit`.

    mean, spread (n,): posterior mean and relative sd. kind (n,): what a word's covariates and group say without its
    own counts. effects (1 + p,): level and covariates, log. group (g,): log effects. sizes: of the blocks.
    """

    mean: Array
    spread: Array
    kind: Array
    effects: Array
    group: Array
    group_size: float
    sizes: tuple[float, ...]
    strength: float


def fit(
    events: Array, expected: Array, blocks: list[Block], group: Index, n_groups: int, start: Hierarchy | None = None
) -> Hierarchy:
    """Fit to `events` (n,) against `expected` (n,), what a rate of 1 would bring; `start`: a fit to begin at."""
    n = len(events)
    x = np.column_stack([np.ones(n), *(block.x for block in blocks)])
    centre = np.concatenate([[0.0], *(np.full(block.x.shape[1], block.centre) for block in blocks)])
    edges = np.cumsum([1, *(block.x.shape[1] for block in blocks)])
    if start is None:
        effects, own = centre.copy(), np.zeros(n_groups)
        effects[0] = np.log((events.sum() + 0.5) / (expected * np.exp(x @ effects)).sum())
        sizes, group_size, k = np.array([block.size for block in blocks]), USUAL_GROUP, USUAL_STRENGTH
    else:
        effects, own = start.effects, start.group
        sizes, group_size, k = np.array(start.sizes), start.group_size, start.strength
    for _ in range(TURNS):
        mu = expected * np.exp(x @ effects + own[group])
        weight, miss = mu / (1 + mu / k), (events - mu) / (1 + mu / k)
        prior = np.concatenate([[1 / EVEN], np.repeat(sizes**-2.0, np.diff(edges))])
        ours = by_group(weight, group, n_groups) + group_size**-2.0
        lean = by_group(weight[:, None] * x, group, n_groups) / ours[:, None]
        variance = np.linalg.inv((x * weight[:, None]).T @ x + np.diag(prior) - (lean * ours[:, None]).T @ lean)
        pull = by_group(miss, group, n_groups) - own / group_size**2
        step = variance @ (x.T @ miss - prior * (effects - centre) - lean.T @ pull)
        group_step = pull / ours - lean @ step
        far = float(np.abs(np.concatenate([step, group_step])).max())
        damped = min(1.0, 1.0 / max(far, 1e-12))
        effects, own = effects + damped * step, own + damped * group_step
        group_variance = 1 / ours + ((lean @ variance) * lean).sum(1)
        group_size = _size(own, group_variance, group_size, USUAL_GROUP, GROUP_WORTH)
        sizes = np.array(
            [
                _size((effects - centre)[a:b], np.diag(variance)[a:b], size, block.size, SIZE_WORTH)
                for a, b, size, block in zip(edges[:-1], edges[1:], sizes, blocks, strict=True)
            ]
        )
        mu = expected * np.exp(x @ effects + own[group])
        apart = x - lean[group]
        kind_variance = 1 / ours[group] + ((apart @ variance) * apart).sum(1)
        last, k = k, _strength(events, mu, kind_variance, k)
        if damped * far < 1e-3 and abs(np.log(k / last)) < 0.02:
            break
    kind = np.exp(x @ effects + own[group])
    spread = np.sqrt(kind_variance * (k / (k + mu)) ** 2 + 1 / (k + events))
    return Hierarchy(
        kind * (k + events) / (k + mu), spread, kind, effects, own, group_size, tuple(sizes.tolist()), float(k)
    )


def _size(effect: Array, variance: Array, size: float, usual: float, worth: float) -> float:
    """The sd of effects, from what they are and from how many of them the data have told."""
    told = np.maximum(1 - variance / size**2, 0.0).sum()
    return float(np.sqrt((np.sum(effect**2) + worth * usual**2) / (told + worth)))


def _strength(events: Array, mu: Array, kind_variance: Array, k: float) -> float:
    """1 / variance of word effects, by the same fixed point; what is not known of their kind is not theirs."""
    effect = np.log((k + events) / (k + mu))
    variance = 1 / (k + mu) + (mu / (k + mu)) ** 2 * kind_variance
    told = np.maximum(1 - k * variance, 0.0).sum()
    return float(np.clip((told + STRENGTH_WORTH) / (np.sum(effect**2) + STRENGTH_WORTH / USUAL_STRENGTH), 1.0, 1e3))
