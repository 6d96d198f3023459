"""What a plan rests on that a person should know."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from bidopt import curves, recommend
from bidopt.fit import FittedModels, Panel, calendar, presale, shifts, windows
from bidopt.fit.economics import brand_like
from bidopt.fit.panel import by_group
from bidopt.metrics import break_even_roi
from bidopt.prose import CONVERSIONS, listed, note, say
from bidopt.recommend import Decision, Plan
from bidopt.settings import Settings
from bidopt.store import History

FEW_ORDERS = 30
NEARLY = 1e-3
"""A floor is kept but for this share of itself."""
PLATFORM_NOTICE = 7
"""Days ahead at which the platform's undeclared promotions are named."""
MOST_CONTRADICTIONS = 3


def find(
    models: FittedModels,
    panel: Panel,
    plan: Plan,
    history: History,
    settings: Settings,
    refused: list[tuple[str, str]],
) -> list[str]:
    """The warnings of a plan, in the shop's language; `refused`: (name, message) of the inbox files refused whole."""
    language, goal = settings.shop.language, settings.objective
    inferred = int((~models.words["bid_known"].to_numpy() & (plan.decision.grid.held == "")).sum())
    unfinished = history.covered[history.covered["downloaded_at"].dt.normalize() <= history.covered["date"]]
    decision = plan.decision
    moved = decision.choice != decision.grid.start
    changed, step = int(moved.sum()), settings.bids.max_change * decision.careful
    fallen = _fallen_beyond(decision)
    blind, untold = curves.blind(models, settings), int((panel.covered & ~panel.converted).sum())
    unkept = () if decision.allocation.feasible or blind else decision.allocation.binding
    columns = say(CONVERSIONS, goal.orders, language)
    brand = models.words[brand_like(models.words, settings) & models.words["active"]]
    told: dict[str, tuple[bool, dict[str, Any]]] = {
        "no_report": (history.days.empty, {}),
        "no_word_table": (history.words.empty and not models.words["bid_known"].any(), {}),
        "bids_inferred": (inferred > 0 and len(history.words) > 0, {"count": inferred}),
        "no_plan_table": (history.plans.empty and len(plan.budgets) > 0, {}),
        "budget_history": (len(history.plans) > 0 and _budgets_assumed(panel), {}),
        "no_item_table": (
            history.items.empty,
            {"margin": goal.default_margin, "roi": float(break_even_roi(goal.default_margin))},
        ),
        "little_history": (
            decision.careful < 1 and models.days_seen > 0,
            {"days": models.days_seen, "step": step},
        ),
        "no_conversions": (blind, {"columns": columns}),
        "days_without_conversions": (not blind and untold > 0, {"days": untold, "columns": columns}),
        "few_orders": (models.orders_told and models.orders_seen < FEW_ORDERS, {"orders": models.orders_seen}),
        "brand_words": (
            len(brand) > 0,
            {"count": len(brand), "example": listed(brand["keyword"].unique()[:3], language)},
        ),
        "idle_days": (bool(panel.idle.any()), {"days": _spans(panel.days[panel.idle])}),
        "incomplete_day": (
            len(unfinished) > 0,
            {"day": listed((str(d.date()) for d in unfinished["date"]), language)},
        ),
        "step_exceeded": (fallen > 0, {"count": fallen, "cap": decision.cap, "step": step}),
        "too_many_changes": (
            0 < settings.bids.max_changes < changed,
            {"most": settings.bids.max_changes, "changed": changed},
        ),
        "cap_unreachable": ("cap" in unkept or "campaign_cap" in unkept, {}),
        "min_roi_unmet": (
            not blind and not recommend.keeps_roi(plan.head["expected"], settings),
            {"roi": goal.min_roi, "best": plan.head["expected"]["roi"]},
        ),
        "min_spend_unmet": ("min_spend" in unkept, {"spend": plan.head["expected"]["spend"]}),
    }
    said = [note(code, language, **values) for code, (holds, values) in told.items() if holds]
    said += recommend.unheeded(models, decision, settings) + _clashes(models, plan, settings)
    said += _day_warnings(models, history, settings)
    return said + [note("refused", language, file=name, message=why) for name, why in refused]


def _spans(days: pd.DatetimeIndex) -> str:
    """Days for people, those in a row by their first and last."""
    run = (days.to_series().diff() != pd.Timedelta(days=1)).cumsum()
    ends = [(group.index[0].date(), group.index[-1].date()) for _, group in run.groupby(run)]
    return ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in ends)


def _clashes(models: FittedModels, plan: Plan, settings: Settings) -> list[str]:
    """Limits that could not hold together, and by how much they gave way; of floors, after what budgets cut off."""
    language, said = settings.shop.language, []
    items = models.words["item_id"].iloc[np.flatnonzero(plan.decision.under_cap)].factorize()[1]
    for one in plan.decision.clashes:
        if one.limit == "stock":
            said.append(note("clash_stock", language, name=str(items[one.group]), more=one.more))
    plans = models.campaigns.set_index("campaign_id")["campaign_name"]
    spent = {campaign: figures["spend"] for campaign, figures in plan.head["by_campaign"].items()}
    for own in settings.campaign:
        short = own.min_spend - spent.get(own.id, own.min_spend)
        if short > NEARLY * own.min_spend and own.id in plan.head["caps"]["by_campaign"]:
            facts = {"limit": own.min_spend, "possible": spent[own.id], "more": np.ceil(short)}
            said.append(note("clash_campaign_floor", language, name=plans[own.id] or own.id, **facts))
    return said


def _day_warnings(models: FittedModels, history: History, settings: Settings) -> list[str]:
    """Days that are not like others, and downloads that contradict each other."""
    language, day = settings.shop.language, models.day
    said = []
    ahead = [day + dt.timedelta(days=k) for k in range(PLATFORM_NOTICE)]
    for name, (first, last) in calendar.undeclared(ahead, settings.promotion).items():
        if first <= ahead[-1] and last >= day:
            said.append(note("platform_days", language, name=name.split()[0], first=first, last=last))
    odd = shifts.past(models)
    if odd:
        to = {"zh": " 至 ", "en": " to "}[language]
        spans = listed((str(a) if a == b else f"{a}{to}{b}" for a, b in odd), language)
        said.append(note("odd_days", language, days=spans))
    deposits = presale.find(history)
    if len(deposits.days):
        said.append(note("presale", language, days=len(deposits.days), rate=deposits.rate))
    window = settings.attribution.window_days
    for one in windows.contradictions(presale.count(history).versions, models.delay)[-MOST_CONTRADICTIONS:]:
        facts = vars(one) | {"before": f"{one.before:%Y-%m-%d %H:%M}", "after": f"{one.after:%Y-%m-%d %H:%M}"}
        said.append(note("mixed_windows", language, window=window, **facts))
    return said


def _fallen_beyond(decision: Decision) -> int:
    """How many bids fall by more than one step of their own: not those paused, nor to get back within bounds."""
    grid, rows = decision.grid, np.arange(len(decision.choice))
    now, new = grid.bid[rows, grid.start], grid.bid[rows, decision.choice]
    return int((grid.possible[rows, grid.start] & (new > 0) & (new < now * (1 - grid.step) - 1e-9)).sum())


def _budgets_assumed(panel: Panel) -> bool:
    """Some day that a campaign spent on lies before the first table of its budget."""
    spent = by_group(panel.spend, panel.campaign, len(panel.campaigns)) > 0
    return bool((spent & np.isfinite(panel.budget) & ~panel.budget_known).any())
