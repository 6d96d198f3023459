"""`bidopt status`: where the shop stands."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    from bidopt.store import newest_complete_day
    from bidopt.store.manifest import load

    day = newest_complete_day(shop)
    head = _newest_head(shop)
    run = {name: head[name] for name in ("run_id", "date", "status")} if head else None
    return {
        "workspace": str(shop.root),
        "newest_day": day.isoformat() if day else None,
        "files": _files(load(shop).imports),
        "newest_run": run,
        "waiting": _waiting(shop, day.isoformat() if day else None, head, language),
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
    for name, text in rows:
        out.print(labelled(terminal(name, language), text, language), soft_wrap=True)
    if told["files"]:
        headers = [terminal(name, language) for name in ("kind", "files", "rows_read", "last_day")]
        kinds = [
            (say(KIND, f["kind"], language), str(f["files"]), f"{f['rows_read']:,}", f["last_day"])
            for f in told["files"]
        ]
        out.print(console.table(headers, kinds, numbers=(1, 2)))


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


def _waiting(shop: "Workspace", day: str | None, head: dict[str, Any] | None, language: "Language") -> list[str]:
    """What a person has to do next, as sentences."""
    from bidopt.prose import terminal

    if day is None and head is None:
        return [terminal("wait_exports", language, inbox=shop.inbox)]
    if head is None:
        return [terminal("wait_night", language)]
    waiting = []
    if day is not None and day >= head["date"]:
        waiting.append(terminal("wait_stale", language, day=day))
    run_dir = shop.run_dir(head["run_id"])
    if head["status"] == "review":
        waiting.append(terminal("wait_review", language, run_id=head["run_id"], report=run_dir / "report.html"))
    if head["status"] != "no_change":
        changes = {name: _rows(run_dir / f"{file}.csv") for name, file in (("words", "bids"), ("budgets", "budgets"))}
        waiting.append(terminal("wait_upload", language, run_id=head["run_id"], folder=run_dir, **changes))
    return waiting


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1
