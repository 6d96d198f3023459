"""Prices for limits of any kind together: the Lagrangian dual, smoothed so that a quasi-Newton method descends it.

The maximum over a word's options is replaced by a log-sum-exp that is at most `temperature` x log(options) above it;
lowered in stages, it leads to the kinks of the true dual (Nesterov, 2005, Smooth minimization of non-smooth functions,
Mathematical Programming 103). Any prices prove a bound, so nothing hangs on how far the descent went.
"""

import numpy as np
import numpy.typing as npt

from bidopt.optimize.dual import Prices, bound
from bidopt.optimize.problem import Array, Limit, Problem, sums

Single = npt.NDArray[np.float32]

STAGES = (1e-2, 1e-3)
"""Temperatures, in units of what a word's options differ by in value."""
MAX_ITERATIONS = 50
CONVERGED = 1e-7
"""Share of the dual's value: a step that gains less is the last of its stage."""
HIGHEST = 1e4
"""Of a price, in units of the span of the value over the span of what the limit counts."""


def prices(problem: Problem, first: Prices) -> Prices:
    """Prices near the tightest bound, from those of `first`, which may lack some limits."""
    from scipy.optimize import minimize  # slow to import, and few problems need it

    limits = problem.limits
    unit = [_unit(problem, limit) for limit in limits]
    start = [first.get(limit.name, np.zeros(limit.cap.size)) / u for limit, u in zip(limits, unit, strict=True)]
    at = np.concatenate(start) if start else np.zeros(0)
    finite = np.concatenate([np.isfinite(limit.cap) for limit in limits])
    ends = np.cumsum([limit.cap.size for limit in limits])[:-1]

    def named(z: Array) -> Prices:
        return {k.name: u * part for k, u, part in zip(limits, unit, np.split(z, ends), strict=True)}

    value = np.where(problem.allowed, problem.value, -np.inf)
    span = np.maximum(value.max(1) - np.where(problem.allowed, problem.value, np.inf).min(1), 1e-12)
    whole = float(span.sum())
    # Single precision is enough to descend by, and half the memory to go through; the bound is proved in double.
    single = {id(limit.use): limit.use.astype(np.float32) for limit in limits}
    coarse, uses = value.astype(np.float32), [single[id(limit.use)] for limit in limits]
    best, lowest = named(at), bound(problem, named(at))

    def dual(z: Array, temperature: Array) -> tuple[float, Array]:
        level, slope = _dual(coarse, uses, limits, unit, np.split(z, ends), temperature)
        return level / whole, slope / whole

    for stage in STAGES:
        found = minimize(
            dual,
            np.where(finite, at, 0.0),
            args=(stage * span,),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, HIGHEST if f else 0.0) for f in finite],
            options={"maxiter": MAX_ITERATIONS, "maxcor": 20, "ftol": CONVERGED},
        )
        at = found.x
        reached = bound(problem, named(at))
        if reached < lowest:
            best, lowest = named(at), reached
    return best


def _unit(problem: Problem, limit: Limit) -> float:
    """What a price of 1 is in: value over what the limit counts, both as far as options differ."""
    return float(np.ptp(problem.value, axis=1).sum() / (np.ptp(limit.use, axis=1).sum() or 1.0)) or 1.0


def _dual(
    value: Single, uses: list[Single], limits: tuple[Limit, ...], unit: list[float], z: list[Array], temperature: Array
) -> tuple[float, Array]:
    """The smoothed dual at prices `z` in their units, and its gradient."""
    net = value.copy()
    for limit, use, u, part in zip(limits, uses, unit, z, strict=True):
        if part.any():
            net -= (u * part).astype(np.float32)[limit.group][:, None] * use
    top = net.max(1, keepdims=True)
    net -= top
    net /= temperature.astype(np.float32)[:, None]
    weight = np.exp(net, out=net)
    total = weight.sum(1, keepdims=True)
    weight /= total
    level = float(top.sum(dtype=float) + temperature @ np.log(total)[:, 0])
    used_by_word = {id(use): np.einsum("wo,wo->w", weight, use) for use in {id(use): use for use in uses}.values()}
    gradient = []
    for limit, use, u, part in zip(limits, uses, unit, z, strict=True):
        cap = np.where(np.isfinite(limit.cap), limit.cap, 0.0)
        used = sums(limit.group, used_by_word[id(use)], cap.size)
        level += u * float(part @ cap)
        gradient.append(u * np.where(np.isfinite(limit.cap), cap - used, 0.0))
    return level, np.concatenate(gradient)
