"""Limits that cannot hold together, and the smallest relaxation that lets them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bidopt.optimize.exact import rows
from bidopt.optimize.problem import BoolArray, Problem, least_use

NEGLIGIBLE = 1e-7
"""Of what a limit counts: less is rounding."""
ROUNDING = 1e-6
"""A relaxed limit is this much wider, so that whole options fit."""


MAX_COLUMNS = 60_000
"""Of the linear program: more take minutes."""


@dataclass(frozen=True)
class Conflict:
    """Group `group` of limit `limit` would have to be `more` wider, in the limit's own unit; an ROI floor lower."""

    limit: str
    group: int
    more: float


def out_of_reach(problem: Problem) -> list[Conflict]:
    """By how much limits of other kinds are passed whatever the rest asks: no relaxation of these can be smaller."""
    found = []
    for limit in problem.others:
        least = least_use(problem, limit)
        over = least - limit.cap
        some = np.flatnonzero(over > NEGLIGIBLE * np.abs(least))
        found += [Conflict(limit.name, int(group), float(over[group])) for group in some]
    return found


def conflicts(problem: Problem) -> list[Conflict]:
    """The smallest relaxation, as a share of what each limit counts in all, with which some mixture keeps them all.

    An elastic linear program (Chinneck, 2008, Feasibility and Infeasibility in Optimization, 6.1). Shop and campaign
    caps give way only where not even the cheapest options keep them. Empty where nothing has to give way. Of large
    shops only some of the options are looked at, which may make the relaxation a little larger.
    """
    # Slow to import, and few problems need them.
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    word, option = np.nonzero(_thinned(problem))
    n_words = len(problem.start)
    uses, caps, elastic, cost, units = [], [], [], [], []
    for limit in problem.limits:
        finite = np.flatnonzero(np.isfinite(limit.cap))
        use, cap, unit = rows(limit, word, option)
        hard = limit.name in ("cap", "campaign_cap")
        least = least_use(problem, limit)[finite] / unit
        uses.append(use[finite])
        caps.append(np.maximum(cap[finite], least) if hard else cap[finite])
        elastic.append(0.0 if hard else 1.0)
        cost.append(np.full(finite.size, 1 / max(float(abs(use).sum()), 1e-12)))
        units.append((limit, finite, unit))
    table = vstack(uses)
    give = hstack([table, -eye_array(table.shape[0])])
    one_a_word = csr_array((np.ones(word.size), (word, np.arange(word.size))), (n_words, word.size))
    most = np.concatenate([np.full(len(c), np.inf if e else 0.0) for c, e in zip(caps, elastic, strict=True)])
    found = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        np.concatenate([np.zeros(word.size), *cost]),
        A_ub=give,
        b_ub=np.concatenate(caps),
        A_eq=hstack([one_a_word, csr_array((n_words, table.shape[0]))]),
        b_eq=np.ones(n_words),
        bounds=np.column_stack([np.zeros(word.size + most.size), np.concatenate([np.ones(word.size), most])]),
        method="highs-ipm",
    )
    if found.x is None:
        return []
    out = []
    spend = float(found.x[: word.size] @ problem.spend[word, option])
    given = np.split(found.x[word.size :], np.cumsum([len(c) for c in caps])[:-1])
    for (limit, finite, unit), more in zip(units, given, strict=True):
        some = np.flatnonzero(more > NEGLIGIBLE)
        unit /= max(spend, 1e-9) if limit.name == "min_roi" else 1.0
        out += [Conflict(limit.name, int(finite[k]), float(more[k] * unit)) for k in some]
    return out


def _thinned(problem: Problem) -> BoolArray:
    """(n_words, n_options) allowed options, of large shops each word's cheapest, dearest, best and today's, and as many
    between as `MAX_COLUMNS` leaves room for."""
    n_words, n_options = problem.allowed.shape
    if problem.allowed.sum() <= MAX_COLUMNS:
        return problem.allowed
    rows, allowed = np.arange(n_words), problem.allowed
    kept = np.zeros(allowed.shape, np.bool_)
    kept[:, :: max(-(-n_words * n_options // MAX_COLUMNS), 1)] = True
    kept[rows, problem.start] = True
    for table in (problem.spend, -problem.spend, -problem.value):
        kept[rows, np.where(allowed, table, np.inf).argmin(axis=1)] = True
    return kept & allowed


def relaxed(problem: Problem, found: Sequence[Conflict], times: float = 1.0) -> Problem:
    """The problem with ROI floor and other limits wider by what `found` names, `times` over; counts by whole ones."""
    lower = sum(times * one.more * (1 + ROUNDING) for one in found if one.limit == "min_roi")
    others = []
    for limit in problem.others:
        cap, whole = limit.cap.copy(), (limit.use == np.rint(limit.use)).all()
        for one in found:
            if one.limit == limit.name:
                wider, rounding = cap[one.group] + times * one.more, ROUNDING * (abs(cap[one.group]) + one.more)
                cap[one.group] = np.ceil(wider - rounding) if whole else wider + rounding
        others.append(replace(limit, cap=cap))
    return replace(problem, others=tuple(others), min_roi=max(problem.min_roi - lower, 0.0))
