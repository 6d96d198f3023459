"""The main job, top to bottom: exports in, tomorrow's bids and budgets out."""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from bidopt import __version__, alerts, backtest, export, fit, gates, recommend, store, warnings
from bidopt.errors import DataError
from bidopt.fit import FittedModels, Panel
from bidopt.gates import Gate
from bidopt.recommend import Plan
from bidopt.settings import Settings
from bidopt.store import History, ImportSummary
from bidopt.workspace import Workspace, dump_json, publish_bytes, publish_dir

Progress = Callable[[str], None]

SHOP_TIME = ZoneInfo("Asia/Shanghai")
RECENT_DAYS = 60


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
        publish_bytes(workspace.runs / "latest", run_id.encode())
    head = json.loads((run_dir / "plan.json").read_text("utf-8"))
    return Night(run_id, run_dir, head, summary)


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
        "warnings": warnings.find(models, panel, plan, history, settings, _refused(summary)),
        "alerts": [alert.facts() for alert in alerts.find(models, panel, plan, history, language)],
    }
    return replace(plan, head=head)


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
