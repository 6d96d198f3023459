"""`bidopt status`: where the shop stands."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bidopt.ledger import Entry
    from bidopt.prose import Language
    from bidopt.store.manifest import Import
    from bidopt.workspace import Workspace


def status(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show the newest data, the newest run and what waits for a person. 查看当前状态。

    \b
    Example:
      bidopt status -w my-shop
    """
    shop = workspace_at(workspace)
    language = shop.settings().shop.language
    told = facts(shop, language)
    if as_json:
        console.print_json(told)
    else:
        show(told, language)


def facts(shop: "Workspace", language: "Language") -> dict[str, Any]:
    """What --json prints."""
    from bidopt import ledger, runs
    from bidopt.store import newest_complete_day
    from bidopt.store.manifest import load

    entries = ledger.read(shop)
    said = ledger.uploads(entries)
    day = newest_complete_day(shop)
    head = _newest_head(shop)
    run = {name: head[name] for name in ("run_id", "date", "status")} if head else None
    return {
        "workspace": str(shop.root),
        "newest_day": day.isoformat() if day else None,
        "files": _files(load(shop).imports),
        "newest_run": run,
        "waiting": _waiting(shop, day.isoformat() if day else None, head, said, language),
        "confirmed": _facts(ledger.last(entries, "confirmed")),
        "undone": _facts(ledger.last(entries, "undone")),
        "failed": runs.last_failure(shop),
        "scorecard": _scorecard(shop),
    }


def show(told: dict[str, Any], language: "Language") -> None:
    """The facts, a line each, and what was imported by kind."""
    from bidopt.prose import KIND, STATUS, labelled, say, terminal

    out, none = console.stdout(), terminal("none", language)
    run = told["newest_run"]
    newest = (
        terminal("run_state", language, run_id=run["run_id"], status=say(STATUS, run["status"], language))
        if run
        else none
    )
    rows = [("newest_day", told["newest_day"] or none), ("newest_run", newest)]
    rows += [("waiting", text) for text in told["waiting"] or [none]]
    for name in ("confirmed", "undone"):
        if told[name]:
            rows.append((name, terminal("said_of", language, **told[name])))
    if told["failed"]:
        rows.insert(0, ("failed", terminal("failed_at", language, **told["failed"])))
    for name, text in rows:
        style = "bold" if name in ("waiting", "failed") else None
        out.print(labelled(terminal(name, language), text, language), soft_wrap=True, style=style)
    if told["files"]:
        headers = [terminal(name, language) for name in ("kind", "files", "rows_read", "last_day")]
        kinds = [
            (say(KIND, f["kind"], language), str(f["files"]), f"{f['rows_read']:,}", f["last_day"])
            for f in told["files"]
        ]
        out.print(console.table(headers, kinds, numbers=(1, 2)))
    if told["scorecard"] and told["scorecard"]["runs"]:
        _show_scorecard(told["scorecard"], language)


def _show_scorecard(told: dict[str, Any], language: "Language") -> None:
    from bidopt.export import scorecard_lines, scorecard_rows
    from bidopt.prose import terminal

    out = console.stdout()
    headers = [terminal(name, language) for name in ("past_day", "applied", "taken_up", "spend_came", "gmv_came")]
    title = f"{terminal('past_plans', language)} {terminal('track_as_of', language, date=told['date'])}"
    out.print(console.table(headers, scorecard_rows(told, language), numbers=(2, 3, 4), title=title))
    for line in scorecard_lines(told, language):
        out.print(line, soft_wrap=True)


def _files(imports: "Iterable[Import]") -> list[dict[str, Any]]:
    """What was imported, by kind."""
    by_kind: dict[str, list[Import]] = {}
    for entry in imports:
        by_kind.setdefault(entry.kind, []).append(entry)
    return [
        {
            "kind": kind,
            "files": len(entries),
            "rows_read": sum(entry.rows_read for entry in entries),
            "last_day": max((str(entry.last_day) for entry in entries if entry.last_day), default=""),
        }
        for kind, entries in sorted(by_kind.items())
    ]


def _newest_head(shop: "Workspace") -> dict[str, Any] | None:
    from bidopt import runs

    run_id = shop.latest_run()
    return runs.head(shop, run_id) if run_id else None


def _facts(entry: "Entry | None") -> dict[str, str] | None:
    return entry.facts() if entry else None


def _scorecard(shop: "Workspace") -> dict[str, Any] | None:
    from bidopt import scorecard

    path = shop.runs / scorecard.FILE
    told: dict[str, Any] | None = json.loads(path.read_text("utf-8")) if path.is_file() else None
    return told


def _waiting(
    shop: "Workspace",
    day: str | None,
    head: dict[str, Any] | None,
    said: "Mapping[str, Entry]",
    language: "Language",
) -> list[str]:
    """What a person has to do next, as sentences."""
    from bidopt import uploads
    from bidopt.prose import terminal

    if day is None and head is None:
        return [terminal("wait_exports", language, inbox=shop.inbox)]
    if head is None:
        return [terminal("wait_night", language)]
    run_id, run_dir = head["run_id"], shop.run_dir(head["run_id"])
    entry = said.get(run_id)
    if entry and entry.event == "undone":
        return [terminal("wait_undo", language, run_id=run_id)]
    if day is not None and day >= head["date"]:
        return [terminal("wait_stale", language, day=day)]
    if entry or head["status"] == "no_change":
        return []
    moved = uploads.differences(shop, run_id)
    if moved:
        return [terminal("wait_differs", language, run_id=run_id, count=len(moved))]
    waiting = []
    if head["status"] == "review":
        waiting.append(terminal("wait_review", language, run_id=run_id, report=run_dir / "report.html"))
    changes = {name: _rows(run_dir / f"{file}.csv") for name, file in (("words", "bids"), ("budgets", "budgets"))}
    waiting.append(terminal("wait_upload", language, run_id=run_id, folder=run_dir, **changes))
    waiting.append(terminal("wait_confirm", language, run_id=run_id))
    return waiting


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1
