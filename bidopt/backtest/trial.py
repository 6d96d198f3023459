"""One origin: what was said on a past morning of the days after it, beside what came."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves, fit, store
from bidopt.backtest.outlook import Outlook, in_force, look_ahead, places
from bidopt.curves import Doubt
from bidopt.fit import FittedModels, Panel
from bidopt.settings import Settings
from bidopt.store import History
from bidopt.workspace import Workspace

Array = npt.NDArray[np.float64]

TRAFFIC, CONVERSIONS = ("impressions", "clicks", "spend"), ("orders", "gmv")
FIGURES = (*TRAFFIC, *CONVERSIONS)
MIN_TRAINING = 14
"""Models of fewer days than this are not judged: the plan itself then treads carefully and says so."""


@dataclass(frozen=True)
class Present:
    """What is known on the morning of `day`, from which one looks back."""

    workspace: Workspace
    settings: Settings
    day: dt.date
    history: History
    models: FittedModels
    panel: Panel


@dataclass(frozen=True)
class Then:
    """What was believed on the morning of `origin`, by what was known; `drawn`: of some campaigns alone."""

    origin: dt.date
    models: FittedModels
    panel: Panel
    drawn: bool = False


@dataclass(frozen=True)
class Trial:
    """The n words of the models of `origin` and the m judged days of the horizon.

    `said`, `came` (n, m) by figure as reports count them, before refunds; CONVERSIONS are left out where no report
    tells them, and what came of young days is developed by the delay curve. `past` (n, p) by figure and `ran` (n, p):
    the judged days before, as they were known on that morning. `kept` (n,): 1 - refund rate. `within` (n,): words that
    lived under the cap. `first`: doubt of the first day; `whole`: of the sums over all days, with what their young days
    have yet to bring. `inferred` (n,): words whose bid some table told only after that morning.
    """

    origin: dt.date
    days: pd.DatetimeIndex
    models: FittedModels
    said: dict[str, Array]
    came: dict[str, Array]
    past: dict[str, Array]
    ran: Array
    kept: Array
    within: npt.NDArray[np.bool_]
    first: Doubt
    whole: Doubt
    inferred: npt.NDArray[np.bool_]


def run(now: Present, origin: dt.date, horizon: int) -> Trial:
    """Fit on what was known on the morning of `origin`, forecast `horizon` days, and compare with what is known now."""
    return compared(now, believed(now.workspace, now.settings, now.day, now.history, origin), horizon)


def believed(
    workspace: Workspace,
    settings: Settings,
    day: dt.date,
    history: History,
    origin: dt.date,
    campaigns: list[str] | None = None,
) -> Then:
    """Fit on what was known on the morning of `origin`, as seen from `day`, whose `history` it is.

    `campaigns`: their words alone, where given.
    """
    known = store.read_history(workspace, origin, seen_from=day, among=history.files, campaigns=campaigns)
    models, panel = fit.fit(replace(known, confirmed=history.confirmed), settings, origin)
    return Then(origin, models, panel, campaigns is not None)


def compared(now: Present, then: Then, horizon: int) -> Trial:
    """What was foreseen of `horizon` days, beside what is known of them now."""
    origin, models, panel = then.origin, then.models, then.panel
    days = now.panel.days[judged(now.panel) & (now.panel.days >= pd.Timestamp(origin))]
    days = days[days < pd.Timestamp(origin) + pd.Timedelta(days=horizon)]
    force = in_force(models, now.history, now.panel, days)
    outlook = look_ahead(models, force, days)
    kept = 1 - models.words["refund_rate"].to_numpy(float)
    figures = FIGURES if models.orders_told and now.models.orders_told else TRAFFIC
    young = models.delay.of_items(panel.item_ids, panel.age)[panel.item]
    said = {name: np.asarray(getattr(outlook.said, name)) for name in figures}
    at = places(models, now.panel)
    column = now.panel.days.get_indexer(days)
    known = now.models.delay.of_items(now.panel.item_ids, now.panel.age)[now.panel.item]
    final = _final(now.panel, known, figures)
    came = {name: np.where((at >= 0)[:, None], x[at][:, column], 0.0) for name, x in final.items()}
    unseen = np.where((at >= 0)[:, None], 1 / known[at][:, column] - 1, 0.0)
    return Trial(
        origin=origin,
        days=days,
        models=models,
        said=said | {name: said[name] / kept[:, None] for name in CONVERSIONS if name in said},
        came=came,
        past={name: x[:, judged(panel)] for name, x in _final(panel, young, figures).items()},
        ran=panel.running[:, judged(panel)].astype(float),
        kept=kept,
        within=curves.under_cap(models, now.settings)[models.campaign],
        first=outlook.first,
        whole=_as_told(models, outlook, unseen),
        inferred=(at >= 0) & now.panel.bid_known[at] & ~models.words["bid_known"].to_numpy(bool),
    )


def judged(panel: Panel) -> npt.NDArray[np.bool_]:
    """(m,) covered days on which plans ran and of which reports tell all, conversions too if they ever tell them."""
    ran = panel.covered & ~panel.idle
    told = ran & panel.converted
    return told if (told & (panel.clicks.sum(0) > 0)).any() else ran


def _final(panel: Panel, known: Array, figures: tuple[str, ...]) -> dict[str, Array]:
    """(n, m) by figure, orders and GMV as they will stand when all conversions have arrived; `known` (n, m) of them."""
    return {name: panel.counts[name] / (known if name in CONVERSIONS else 1.0) for name in figures}


def _as_told(models: FittedModels, outlook: Outlook, unseen: Array) -> Doubt:
    """The doubt of the sums where `unseen` (n, m) orders still come to each that a report knows.

    What k of n Poisson orders foretell of the whole, n k / n, scatters by n / k of their number.
    """
    more = (outlook.said.orders * unseen).sum(1)
    worth = models.words["order_value"].to_numpy(float) ** 2 * (1 + models.order_spread**2)
    own = outlook.whole.own
    return replace(outlook.whole, own=own | {"orders": own["orders"] + more, "gmv": own["gmv"] + worth * more})


def origins(panel: Panel, horizon: int, most: int) -> list[dt.date]:
    """Up to `most` mornings, oldest first, the last being `horizon` days before the end of the judged days.

    They lie `horizon` days apart, or closer where the history is short; none has less than `MIN_TRAINING` judged
    days before it, so that there are none at all where the history is shorter than that and `horizon`.
    """
    days = panel.days[judged(panel)]
    if len(days) < MIN_TRAINING + horizon:
        return []
    last = days[-1] - pd.Timedelta(days=horizon - 1)
    first = days[MIN_TRAINING]
    room = (last - first).days
    if room < 0:
        return []
    step = max(min(horizon, room // max(most - 1, 1)), 1)
    count = min(most, room // step + 1)
    return [(last - pd.Timedelta(days=step * k)).date() for k in reversed(range(count))]
