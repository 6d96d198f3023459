"""The main job, top to bottom: exports in, tomorrow's bids and budgets out."""

import datetime as dt
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from bidopt import (
    alerts,
    backtest,
    classes,
    cores,
    export,
    fit,
    gates,
    ledger,
    pruning,
    recommend,
    runs,
    scorecard,
    store,
    warnings,
)  # fmt: skip
from bidopt.basis import Basis, Refused
from bidopt.confirmed import runs_before, with_confirmed
from bidopt.errors import DataError
from bidopt.fit import FittedModels, Panel, traffic
from bidopt.gates import Gate, Override
from bidopt.progress import Progress, Step, part
from bidopt.recommend import Plan
from bidopt.scorecard import Scorecard
from bidopt.settings import Settings
from bidopt.store import History, ImportSummary
from bidopt.workspace import SHOP_TIME, Workspace, dump_json, publish_bytes, publish_dir, publish_json

STAGES = {"import": 0.0, "read": 0.3, "fit": 0.35, "optimise": 0.6, "look back": 0.8, "write": 0.85, "done": 1.0}
"""About what share of a night's time has passed as each stage begins."""


@dataclass(frozen=True)
class Night:
    """`head`: plan.json as a dict. `summary`: what the inbox brought."""

    run_id: str
    run_dir: Path
    head: dict[str, Any]
    summary: ImportSummary


def run(
    workspace: Workspace,
    day: dt.date | None,
    progress: Progress,
    override: Override | None = None,
    *,
    today: dt.date | None = None,
    cap: float | None = None,
) -> Night:
    """Import the inbox and write the plan for `day`; runs/latest never goes back to an earlier day's.

    Parameters
    ----------
    day : the day to plan for; None takes the later of today and the day after the newest complete one.
    override : the gates to pass over, if any.
    today : the day it is, where this machine's clock is not the one that counts.
    cap : yuan a day, in place of the settings' own.

    Raises
    ------
    DataError
        When a gate fails or there is nothing to plan from: no plan is made, yesterday's bids stand.
    WorkspaceBusy, SettingsError
    """
    settings = workspace.settings()
    if cap is not None:
        settings = settings.capped(cap)
    with workspace.lock(), one_thread():
        try:
            night = _run(workspace, settings, Journal(progress), day, today, override)
        except Exception as error:
            with suppress(OSError):  # the disk itself may be what failed
                runs.keep_failure(workspace, error)
            raise
        runs.forget_failure(workspace)
    return night


def foresee(workspace: Workspace, day: dt.date | None, progress: Progress, today: dt.date | None) -> FittedModels:
    """Import the inbox, check and fit as `run` does, and leave no plan.

    Raises
    ------
    DataError
        When a gate fails or there is nothing to fit.
    WorkspaceBusy, SettingsError
    """
    with workspace.lock(), one_thread():
        journal = Journal(progress)
        basis, _ = _gathered(workspace, workspace.settings(), journal, day, today, None)
        _checked(basis)
        _say_fit(basis, journal)
        models, _ = fit.fit(basis.history, basis.settings, basis.day)
    return models


def _run(
    workspace: Workspace,
    settings: Settings,
    journal: "Journal",
    day: dt.date | None,
    today: dt.date | None,
    override: Override | None,
) -> Night:
    basis, summary = _gathered(workspace, settings, journal, day, today, override)
    run_id = basis.run_id
    run_dir, models_dir = workspace.run_dir(run_id), workspace.models / run_id
    newest = run_id[:10] >= (workspace.latest_run() or "")[:10]
    scored = None
    if not (runs.whole(run_dir) and _readable(models_dir) and (scorecard.told_by(workspace) == run_id or not newest)):
        models, panel = make(workspace, basis, run_id, run_dir, models_dir, journal)
        scored = partial(scorecard.make, workspace, basis.history, models, panel)
    if newest:
        publish_bytes(workspace.runs / "latest", run_id.encode())
    _keep_track(workspace, run_id, scored if newest else None, settings, journal.progress)
    return Night(run_id, run_dir, runs.head(workspace, run_id), summary)


def _gathered(
    workspace: Workspace,
    settings: Settings,
    journal: "Journal",
    day: dt.date | None,
    today: dt.date | None,
    override: Override | None,
) -> tuple[Basis, ImportSummary]:
    """What a plan rests on once the inbox is in, and what the inbox brought."""
    journal.say("import")
    summary = store.import_inbox(workspace, part(journal.progress, STAGES["import"], STAGES["read"]))
    day = day or _default_day(workspace, today or dt.datetime.now(SHOP_TIME).date())
    journal.say("read", day=day.isoformat())
    history = store.read_history(workspace, day)
    if history.days.empty and history.words.empty:
        raise DataError(
            f"没有数据，无法做 {day} 的方案 / there is no data to plan {day} from.",
            f"把报表放进 / put exports into {workspace.inbox}",
        )
    history, unread = _with_confirmed(history, workspace, day)
    refused = sorted([(file.name, file.message) for file in summary.files if file.status == "refused"] + unread)
    return Basis(day, settings, history, refused, override), summary


def _checked(basis: Basis) -> list[Gate]:
    """What the gates say of the data; DataError when one fails."""
    checks = gates.passed_over(gates.check(basis.history, basis.settings, basis.day), basis.override)
    _stop_at(checks)
    return checks


def _say_fit(basis: Basis, journal: "Journal") -> None:
    days = basis.history.days
    journal.say("fit", days=days["date"].nunique(), rows=len(days))


def make(
    workspace: Workspace, basis: Basis, run_id: str, run_dir: Path, models_dir: Path, journal: "Journal"
) -> tuple[FittedModels, Panel]:
    """Write what follows from `basis`: what was fitted into `models_dir`, the run into `run_dir` unless it is there.

    Raises
    ------
    DataError
        When a gate fails.
    """
    history, settings, day = basis.history, basis.settings, basis.day
    checks = _checked(basis)
    _say_fit(basis, journal)
    panel = fit.lay_out(history, settings, day)
    with cores.pool(len(panel.units), cores.MANY_WORDS) as aside:
        ago = aside.submit(backtest.week_ago, workspace, settings, day, history, panel)
        models, _ = fit.fit(history, settings, day, panel)
        journal.say("optimise", words=len(models.words))
        options = recommend.Options(models, settings)
        others = aside.submit(export.other_budgets, models, settings, options)
        plan = _noticed(recommend.make(models, settings, options), models, panel, basis)
        journal.say("look back")
        frontier, then = others.result(), ago.result()
    week = backtest.week_since(backtest.Present(workspace, settings, day, history, models, panel), then)
    journal.say("write", run_id=run_id)
    language = settings.shop.language
    fit.save(models, models_dir, language, backtest.card_section(workspace, week, language))
    if checks:
        checks += [gates.jump(models, panel, settings), gates.accuracy(week, settings), gates.changes(plan, settings)]
    if not runs.whole(run_dir):
        plan = _headed(plan, basis, gates.passed_over(checks, basis.override), run_id)
        _write(plan, basis, export.background(plan, models, panel, frontier, week), run_dir, journal)
    return models, panel


def _with_confirmed(history: History, workspace: Workspace, day: dt.date) -> tuple[History, Refused]:
    """The history with what was uploaded; without it where that cannot be read, and why if no table of `day` tells."""
    try:
        return with_confirmed(history, workspace, runs_before(workspace, day)), []
    except DataError as error:
        told = all((table["date"] == pd.Timestamp(day)).any() for table in (history.words, history.plans))
        return history, [] if told else [(ledger.FILE_NAME, str(error))]


def _keep_track(
    workspace: Workspace, run_id: str, scored: Callable[[], Scorecard] | None, settings: Settings, progress: Progress
) -> None:
    """The ledger, how past plans came out, and the end of old ones; tonight's stands whatever is wrong with those."""
    try:
        ledger.catch_up(workspace)
        if scored:
            told = scored().facts()
            page = export.scorecard_html(told, settings.shop.language)
            publish_bytes(workspace.runs / "scorecard.html", page.encode())
            publish_json(workspace.runs / scorecard.FILE, {"run_id": run_id, **told})
        pruning.prune(workspace, settings.runs.keep_days, run_id)
    except DataError as error:
        progress(str(error))


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one thread: on more, sums come in another order and differ in their last digits."""
    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


class Journal:
    """The run's structured log: told to the screen as it happens, kept in the run's folder."""

    def __init__(self, progress: Progress) -> None:
        self.lines: list[dict[str, Any]] = []
        self.progress = progress
        self._start = time.monotonic()

    def say(self, stage: str, **facts: object) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        self.lines.append({"stage": stage, "seconds": seconds} | facts)
        self.progress(Step(" ".join([stage, *(f"{k}={v}" for k, v in facts.items())]), STAGES.get(stage, 0.0)))

    def text(self) -> str:
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines)


def _readable(models_dir: Path) -> bool:
    try:
        fit.load(models_dir)
    except DataError:
        return False
    return True


def _default_day(workspace: Workspace, today: dt.date) -> dt.date:
    newest = store.newest_complete_day(workspace, today)
    return max(today, newest + dt.timedelta(days=1)) if newest else today


def _stop_at(checks: list[Gate]) -> None:
    failed = [gate for gate in checks if gate.result == "FAIL" and gate.holds]
    if not failed:
        return
    despite = " ".join(f"--override {gate.name}" for gate in failed if gate.name != gates.NOTHING)
    raise DataError(
        "没有生成方案，沿用昨天的出价 / no plan is made, yesterday's bids stand: "
        + "; ".join(gate.message for gate in failed),
        f"明知如此仍要做 / to plan all the same: bidopt nightly {despite} --why TEXT" if despite else "",
    )


def _noticed(plan: Plan, models: FittedModels, panel: Panel, basis: Basis) -> Plan:
    """With what to look at, what the plan leans on, and the classes of words."""
    settings, history, lately = basis.settings, basis.history, traffic.of(models, panel)
    found = alerts.find(models, panel, plan, history, settings.shop.language, lately)
    told = {
        "warnings": warnings.find(models, panel, plan, history, settings, basis.refused),
        "alerts": [alert.facts() for alert in found],
    }
    words = plan.words.assign(**classes.of(models, panel, history, lately))
    return replace(plan, head=plan.head | told, words=words)


def _headed(plan: Plan, basis: Basis, checks: list[Gate], run_id: str) -> Plan:
    """Put the head of plan.json together, in the order in which it is read."""
    facts = plan.head
    head = {
        "schema_version": runs.SCHEMA_VERSION,
        "run_id": run_id,
        "date": facts["date"],
        "created_from": basis.facts,
        "shop": basis.settings.shop.name,
        **facts,
        "status": "review" if facts["status"] == "ok" and any(gate.holds for gate in checks) else facts["status"],
        "gates": [gate.facts() for gate in checks],
    }
    for name in ("warnings", "alerts"):
        head[name] = head.pop(name)
    return replace(plan, head=head)


def _write(plan: Plan, basis: Basis, behind: export.Background, run_dir: Path, journal: Journal) -> None:
    """The run's folder, whole or not at all."""
    language = basis.settings.shop.language
    with publish_dir(run_dir) as folder, cores.pool(len(plan.words), cores.MANY_WORDS) as aside:
        words = plan.words
        tables = aside.submit(_write_tables, plan, folder)
        (folder / "plan.json").write_text(dump_json(plan.head), "utf-8", newline="\n")
        (folder / runs.SETTINGS).write_text(basis.settings_text, "utf-8", newline="\n")
        (folder / "bids.csv").write_bytes(export.bids_csv(words, language))
        (folder / "budgets.csv").write_bytes(export.budgets_csv(plan.budgets, language))
        (folder / "rollback_bids.csv").write_bytes(export.rollback_bids_csv(words, language))
        (folder / "rollback_budgets.csv").write_bytes(export.rollback_budgets_csv(plan.budgets, language))
        page = export.report_html(plan.head, words, plan.budgets, plan.curves, behind, language)
        (folder / "report.html").write_text(page, "utf-8", newline="\n")
        tables.result()
        journal.say("done")
        (folder / runs.LOG).write_text(journal.text(), "utf-8", newline="\n")


def _write_tables(plan: Plan, folder: Path) -> None:
    for name, table in (("recommendations", plan.words), ("curves", plan.curves)):
        table.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
