"""The main job, top to bottom: exports in, tomorrow's bids and budgets out."""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bidopt import __version__, alerts, backtest, curves, export, fit, gates, ledger, recommend, scorecard, store
from bidopt.errors import DataError
from bidopt.fit import FittedModels, Panel, calendar, presale, shifts, windows
from bidopt.fit.economics import brand_like
from bidopt.fit.panel import by_group
from bidopt.gates import Gate
from bidopt.metrics import break_even_roi
from bidopt.prose import CONVERSIONS, Language, listed, note, say
from bidopt.recommend import Decision, Plan
from bidopt.scorecard import Scorecard
from bidopt.settings import Settings
from bidopt.store import History, ImportSummary
from bidopt.workspace import SHOP_TIME, Workspace, dump_json, publish_bytes, publish_dir, publish_json

Progress = Callable[[str], None]

RECENT_DAYS = 60
FEW_ORDERS = 30
NEARLY = 1e-3
"""A floor is kept but for this share of itself."""
PLATFORM_NOTICE = 7
"""Days ahead at which the platform's undeclared promotions are named."""
MOST_CONTRADICTIONS = 3


@dataclass(frozen=True)
class Night:
    """`head`: plan.json as a dict. `summary`: what the inbox brought."""

    run_id: str
    run_dir: Path
    head: dict[str, Any]
    summary: ImportSummary


def run(workspace: Workspace, day: dt.date | None, progress: Progress) -> Night:
    """Import the inbox and write the plan for `day`.

    Parameters
    ----------
    day : the day to plan for; None takes the later of today and the day after the newest complete one.

    Raises
    ------
    DataError
        When a gate fails or there is nothing to plan from: no plan is made, yesterday's bids stand.
    WorkspaceBusy, SettingsError
    """
    settings = workspace.settings()
    with workspace.lock():
        journal = Journal(progress)
        journal.say("import")
        summary = store.import_inbox(workspace, progress)
        day = day or _default_day(workspace)
        history = store.read_history(workspace, day)
        if history.days.empty and history.words.empty:
            raise DataError(
                f"没有数据，无法做 {day} 的方案 / there is no data to plan {day} from.",
                f"把报表放进 / put exports into {workspace.inbox}",
            )
        checks = gates.check(history, settings, day)
        _stop_at(checks)
        run_id = _run_id(history, _refused(summary), settings, day)
        run_dir = workspace.run_dir(run_id)
        scored = None
        if not (run_dir / "plan.json").is_file():
            journal.say("fit", days=history.days["date"].nunique(), rows=len(history.days))
            models, panel = fit.fit(history, settings, day)
            journal.say("look back")
            week = backtest.newest_week(backtest.Present(workspace, settings, day, history, models, panel))
            checks.append(gates.accuracy(week, settings))
            language = settings.shop.language
            accuracy = backtest.card_section(workspace, week, language)
            fit.save(models, workspace.models / run_id, language, accuracy)
            journal.say("optimise", words=len(models.words))
            plan = _complete(
                recommend.make(models, settings), models, panel, history, settings, checks, summary, run_id
            )
            journal.say("write", run_id=run_id)
            _write(plan, history, settings, run_dir, journal)
            scored = partial(scorecard.make, workspace, history, models, panel)
        publish_bytes(workspace.runs / "latest", run_id.encode())
        _keep_track(workspace, scored, settings.shop.language, progress)
    head = json.loads((run_dir / "plan.json").read_text("utf-8"))
    return Night(run_id, run_dir, head, summary)


def _keep_track(
    workspace: Workspace, scored: Callable[[], Scorecard] | None, language: Language, progress: Progress
) -> None:
    """The ledger, and how past plans came out; tonight's stands whatever is wrong with those."""
    try:
        ledger.catch_up(workspace)
        if scored:
            told = scored().facts()
            publish_json(workspace.runs / "scorecard.json", told)
            publish_bytes(workspace.runs / "scorecard.html", export.scorecard_html(told, language).encode())
    except DataError as error:
        progress(str(error))


class Journal:
    """The run's structured log: told to the screen as it happens, kept as `log.jsonl`."""

    def __init__(self, progress: Progress) -> None:
        self.lines: list[dict[str, Any]] = []
        self._progress = progress
        self._start = time.monotonic()

    def say(self, stage: str, **facts: object) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        self.lines.append({"stage": stage, "seconds": seconds} | facts)
        self._progress(" ".join([stage, *(f"{k}={v}" for k, v in facts.items())]))

    def text(self) -> str:
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines)


def _default_day(workspace: Workspace) -> dt.date:
    today = dt.datetime.now(SHOP_TIME).date()
    newest = store.newest_complete_day(workspace)
    return max(today, newest + dt.timedelta(days=1)) if newest else today


def _stop_at(checks: list[Gate]) -> None:
    failed = [gate.message for gate in checks if gate.result == "FAIL"]
    if failed:
        raise DataError(
            f"没有生成方案，沿用昨天的出价 / no plan is made, yesterday's bids stand: {'; '.join(failed)}.",
            "下载缺少的日期（分天）放进 inbox 再运行 / download the missing days by day (分天) and run again.",
        )


def _refused(summary: ImportSummary) -> list[tuple[str, str]]:
    """(name, message) of the inbox files that were refused whole: the plan warns of them."""
    return sorted((file.name, file.message) for file in summary.files if file.status == "refused")


def _run_id(history: History, refused: list[tuple[str, str]], settings: Settings, day: dt.date) -> str:
    """Date and hash of what decides the plan: inputs by name and content, settings, version."""
    made_from = json.dumps([history.files, refused, settings.model_dump(mode="json"), __version__], ensure_ascii=False)
    return f"{day.isoformat()}-{hashlib.sha256(made_from.encode()).hexdigest()[:8]}"


def _complete(
    plan: Plan,
    models: FittedModels,
    panel: Panel,
    history: History,
    settings: Settings,
    checks: list[Gate],
    summary: ImportSummary,
    run_id: str,
) -> Plan:
    """Put the head of plan.json together, in the order in which it is read."""
    facts = plan.head
    status = "review" if any(g.result == "REVIEW" for g in checks) and facts["status"] == "ok" else facts["status"]
    settings_hash = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
    language = settings.shop.language
    head = {
        "schema_version": recommend.SCHEMA_VERSION,
        "run_id": run_id,
        "date": facts["date"],
        "created_from": {
            "inputs": [{"name": name, "sha256": sha} for name, sha in history.files],
            "settings": settings_hash,
            "bidopt": __version__,
        },
        "shop": settings.shop.name,
        **facts,
        "status": status,
        "gates": [gate.facts() for gate in checks],
        "warnings": _warnings(plan, models, panel, history, settings, summary),
        "alerts": [alert.facts() for alert in alerts.find(models, panel, plan, history, language)],
    }
    return replace(plan, head=head)


def _warnings(
    plan: Plan, models: FittedModels, panel: Panel, history: History, settings: Settings, summary: ImportSummary
) -> list[str]:
    """What the plan rests on that a person should know, in the shop's language."""
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
    return said + [note("refused", language, file=name, message=why) for name, why in _refused(summary)]


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


def _write(plan: Plan, history: History, settings: Settings, run_dir: Path, journal: Journal) -> None:
    """The run's folder, whole or not at all."""
    language = settings.shop.language
    with publish_dir(run_dir) as folder:
        words = plan.words
        (folder / "plan.json").write_text(dump_json(plan.head), "utf-8", newline="\n")
        (folder / "bids.csv").write_bytes(export.bids_csv(words, language))
        (folder / "budgets.csv").write_bytes(export.budgets_csv(plan.budgets, language))
        (folder / "rollback_bids.csv").write_bytes(export.rollback_bids_csv(words, language))
        (folder / "rollback_budgets.csv").write_bytes(export.rollback_budgets_csv(plan.budgets, language))
        words.to_parquet(folder / "recommendations.parquet", index=False, compression="zstd")
        plan.curves.to_parquet(folder / "curves.parquet", index=False, compression="zstd")
        page = export.report_html(plan.head, words, plan.budgets, plan.curves, _recent(history), language)
        (folder / "report.html").write_text(page, "utf-8", newline="\n")
        journal.say("done")
        (folder / "log.jsonl").write_text(journal.text(), "utf-8", newline="\n")


def _recent(history: History) -> pd.DataFrame:
    """Day totals of the last `RECENT_DAYS` days, NaN where no report tells."""
    columns = ["impressions", "clicks", "spend", "orders", "gmv"]
    daily: pd.DataFrame = history.days.groupby("date")[columns].sum(min_count=1).reset_index()
    return daily.tail(RECENT_DAYS)
