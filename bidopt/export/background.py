"""What the report tells beside the plan: the weeks before, other budgets, how near the models came, what they know."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import fit, scenarios
from bidopt.backtest import Week
from bidopt.export import observed
from bidopt.export.observed import COUNTED, Observed
from bidopt.fit import FittedModels, Panel
from bidopt.recommend import Options, Plan
from bidopt.scenarios import Scenario
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]

RECENT_DAYS = 35
WORDS_TOLD = 500
"""The words with most at stake, whose curves the page holds."""
BUDGETS = (0.5, 0.65, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
"""Shares of the cap on the frontier."""


@dataclass(frozen=True)
class Background:
    """What a plan's report tells beside it.

    `recent`: a row a day, the words under the cap together: `date`, the reported `COUNTED`, and `final_gmv` with what
    is still to come, less refunds; NaN where no download tells. `told`: rows of the plan's words with most at stake,
    and what was `observed` of each. `frontier`: `scenarios`, `current`, `points` as a what-if has them. `week`: the
    facts of the last week's forecast. `learnt`: model, what, value. `moved`: words that had more than one bid lately,
    of `ran` that ran.
    """

    recent: pd.DataFrame
    told: list[int] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    frontier: dict[str, Any] = field(default_factory=dict)
    week: dict[str, Any] | None = None
    learnt: list[tuple[str, str, str]] = field(default_factory=list)
    moved: int = 0
    ran: int = 0


def background(
    plan: Plan, models: FittedModels, panel: Panel, frontier: dict[str, Any], week: Week | None
) -> Background:
    """From what the night has at hand; nothing is fitted."""
    rows = np.argsort(-stake(plan.words), kind="stable")[:WORDS_TOLD]
    moved, ran = _moved(panel)
    return Background(
        recent=_recent(plan, models, panel),
        told=rows.tolist(),
        observed=observed.of_panel(models.words.iloc[rows], models.delay, panel, rows),
        frontier=frontier,
        week=week.facts() | {"days": [vars(day) for day in week.days]} if week else None,
        learnt=fit.learnt(models),
        moved=moved,
        ran=ran,
    )


def stake(words: pd.DataFrame) -> Array:
    """(n,) yuan a day that hang on each word: what it spends at either bid, and by how much its profit changes."""
    spend = np.maximum(words["now_spend"], words["new_spend"])
    return np.asarray(spend + (words["new_profit"] - words["now_profit"]).abs(), float)


def _recent(plan: Plan, models: FittedModels, panel: Panel) -> pd.DataFrame:
    last, ours = slice(-RECENT_DAYS, None), np.flatnonzero(plan.decision.under_cap)
    counts = {name: panel.counts[name][ours, last] for name in COUNTED}
    known = models.delay.of_items(panel.item_ids, panel.age[last])[panel.item[ours]]
    counts["final_gmv"] = observed.final(models.words.iloc[ours], known, counts)["gmv"]
    covered = panel.covered[last]
    sums = {name: np.where(covered, x.sum(0), np.nan) for name, x in counts.items()}
    return pd.DataFrame({"date": panel.days[last], **sums})


def other_budgets(models: FittedModels, settings: Settings, options: Options) -> dict[str, Any]:
    """What `BUDGETS` would bring, as a what-if tells it."""
    scenario = Scenario(models, settings, options=options)
    cap = scenario.settings.daily_cap(scenario.models.day)
    answers = scenario.possible(round(cap * share, 2) for share in BUDGETS)
    return {
        "scenarios": answers,
        "current": answers[0]["current"],
        "points": scenarios.points(scenario, answers),
    }


def _moved(panel: Panel) -> tuple[int, int]:
    """(words that had bids further apart than chance would, words that ran with a known bid) of the last days."""
    bids = np.where(panel.running & panel.bid_told, panel.bid, np.nan)[:, -observed.DAYS :]
    ran = np.isfinite(bids).any(1)
    low, high = np.nanmin(bids[ran], axis=1), np.nanmax(bids[ran], axis=1)
    return int((high > low * (1 + observed.ALIKE)).sum()), int(ran.sum())
