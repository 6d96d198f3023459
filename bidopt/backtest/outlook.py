"""What the models of one morning say of the days ahead, at the bids and budgets that are then in force."""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves, fit
from bidopt.curves import Doubt, Response
from bidopt.fit import FittedModels, Panel
from bidopt.fit.panel import state_in_force
from bidopt.metrics import ratio
from bidopt.optimize.budgets import served
from bidopt.schema import UNIT
from bidopt.store import History

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class InForce:
    """`bid` (n, m) yuan, `running` (n, m): the word could be shown; `budget` (c, m) yuan a day, inf = none."""

    bid: Array
    running: npt.NDArray[np.bool_]
    budget: Array


@dataclass(frozen=True)
class Outlook:
    """`said`: figures (n, m) after what the budgets cut off; `first`, `whole`: the doubt of the first day's, and of
    the sums over all days."""

    said: Response
    first: Doubt
    whole: Doubt


def places(models: FittedModels, panel: Panel) -> Index:
    """(n,) row of each of the models' words in `panel`, -1 where it is not there."""
    return pd.MultiIndex.from_frame(panel.units[list(UNIT)]).get_indexer(
        pd.MultiIndex.from_frame(models.words[list(UNIT)])
    )


def in_force(models: FittedModels, history: History, panel: Panel, days: pd.DatetimeIndex) -> InForce:
    """What tables and reports say was in force on `days`, which `panel` covers; nothing of what the days brought.

    A bid that no table had told by then is the one that the models inferred, moved as far as later tables tell moves:
    theirs is another scale than what the tables say.
    """
    at, column = places(models, panel), panel.days.get_indexer(days)
    inferred = models.words["bid_now"].to_numpy(float)[:, None]
    told, eve = np.where((at >= 0)[:, None], panel.bid[at], 1.0), column[0] - 1
    known = (at >= 0) & models.words["bid_known"].to_numpy(bool)
    bid = np.where(known[:, None], told[:, column], inferred * told[:, column] / told[:, [eve]])
    # Before its first table a word ran if it had been shown: the state that a later table tells is news.
    ran = models.words["active"].to_numpy(bool) | (models.words["seen_impressions"].to_numpy() > 0)
    before = state_in_force(history.words, models.words, days - pd.Timedelta(days=1))
    # A word that was paused or resumed that day ran for a part of it.
    either = np.fmax(
        np.where(np.isnan(before), ran[:, None], before), state_in_force(history.words, models.words, days)
    )
    running = either > 0
    plan = pd.Index(panel.campaigns["campaign_id"]).get_indexer(models.campaigns["campaign_id"])
    budget = np.where((plan >= 0)[:, None], panel.budget[plan][:, column], np.inf)
    return InForce(bid, running, budget)


def look_ahead(models: FittedModels, force: InForce, days: pd.DatetimeIndex) -> Outlook:
    """Expected figures of `days` (m,), the first of which is `models.day`."""
    uncut, said, first = [], [], None
    for k, day in enumerate(days):
        then = fit.ahead(models, day.date())
        then = replace(then, words=then.words.assign(active=force.running[:, k]))
        bid = force.bid[:, k]
        whole = curves.respond(then, bid[:, None]).pick(np.zeros(len(bid), np.intp))
        spend = _by_plan(whole, models, force)
        variance = curves.campaign_variance(curves.doubt(then, whole, bid), models.campaign)
        share, _ = served(spend, variance, force.budget[:, k])
        cut = whole.cut(share[models.campaign], models.evening)
        first = first or curves.doubt(then, cut, bid, force.budget[:, k], share)
        uncut.append(spend)
        said.append(cut)
    assert first is not None
    figures = Response(*(np.column_stack([getattr(day, f.name) for day in said]) for f in fields(Response)))
    sums = Response(*(getattr(figures, f.name).sum(1) for f in fields(Response)))
    share = np.nan_to_num(ratio(_by_plan(sums, models, force), np.sum(uncut, axis=0)), nan=1.0)
    bid = np.exp(np.log(force.bid).mean(1))
    return Outlook(figures, first, curves.doubt(models, sums, bid, force.budget.sum(1), share, len(days)))


def _by_plan(figures: Response, models: FittedModels, force: InForce) -> Array:
    """(c,) yuan."""
    return np.asarray(np.bincount(models.campaign, figures.spend, len(force.budget)), float)
