"""What became of every plan: `runs/ledger.jsonl`, one JSON object a line, only ever added to.

A run's folder is never rewritten; that its changes were uploaded, undone or let past a gate stands here.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from bidopt.errors import DataError
from bidopt.workspace import SHOP_TIME, Workspace, publish_bytes, who

Event = Literal["recommended", "overruled", "confirmed", "undone", "overridden"]
"""overruled: a bid or budget that a person chose otherwise, told before `confirmed`; overridden: a gate passed over."""

FILE_NAME = "ledger.jsonl"
RUN_ID = re.compile(r"\d{4}-\d\d-\d\d-[0-9a-f]{8}")


@dataclass(frozen=True)
class Entry:
    """`at`: shop time to the second, or the day alone where a person named it; `by`: user@host; `details`: what else
    is to be told, as texts.
    """

    event: Event
    run_id: str
    at: str
    by: str
    details: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, str]:
        return {"event": self.event, "run_id": self.run_id, "at": self.at, "by": self.by} | self.details


def read(workspace: Workspace) -> tuple[Entry, ...]:
    """All entries, the oldest first.

    Raises
    ------
    DataError
        Where a line is none that bidopt wrote; names it.
    """
    path = workspace.runs / FILE_NAME
    if not path.is_file():
        return ()
    lines = path.read_bytes().split(b"\n")
    if lines[-1]:
        raise _broken(workspace, len(lines), "没有写完 / it is cut off")
    return tuple(_entry(workspace, number, line) for number, line in enumerate(lines[:-1], 1))


def add(workspace: Workspace, event: Event, run_id: str, at: str, **details: str) -> Entry:
    """Write one more entry. The caller holds the workspace's lock."""
    return add_all(workspace, [Entry(event, run_id, at, who(), details)])[-1]


def add_all(workspace: Workspace, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Write more entries, all or none. The caller holds the workspace's lock."""
    _publish(workspace, (*read(workspace), *entries))
    return entries


def catch_up(workspace: Workspace) -> None:
    """Enter every run that has no line yet, as of when it was published. The caller holds the workspace's lock."""
    entries = read(workspace)
    told = {entry.run_id for entry in entries if entry.event == "recommended"}
    heads = [head for head in workspace.runs.glob("[!.]*/plan.json") if head.parent.name not in told]
    made = sorted((head.stat().st_mtime, head) for head in heads if RUN_ID.fullmatch(head.parent.name))
    if made:
        _publish(workspace, (*entries, *(new for when, head in made for new in _of_run(head, moment(when)))))


def _of_run(head: Path, at: str) -> Iterator[Entry]:
    """That it was recommended, and which gates somebody passed over for it."""
    run_id = head.parent.name
    yield Entry("recommended", run_id, at, who())
    try:
        override = json.loads(head.read_bytes())["created_from"]["override"]
    except (ValueError, KeyError, TypeError):
        override = None
    if override:
        yield Entry(
            "overridden", run_id, at, override["by"], {"gates": ", ".join(override["gates"]), "why": override["why"]}
        )


def last(entries: Iterable[Entry], event: Event) -> Entry | None:
    """The newest entry of `event`."""
    return next((entry for entry in reversed(tuple(entries)) if entry.event == event), None)


def uploads(entries: Iterable[Entry]) -> dict[str, Entry]:
    """By run_id the newest of what people said of it: confirmed or undone."""
    return {entry.run_id: entry for entry in entries if entry.event in ("confirmed", "undone")}


def moment(seconds: float | None = None) -> str:
    """Shop time as an entry has it: of a file's time in seconds, else of now."""
    now = dt.datetime.now(SHOP_TIME) if seconds is None else dt.datetime.fromtimestamp(seconds, SHOP_TIME)
    return now.isoformat(timespec="seconds")


def _entry(workspace: Workspace, number: int, line: bytes) -> Entry:
    try:
        told: Any = json.loads(line)
    except ValueError:
        raise _broken(workspace, number, "不是 JSON / it is no JSON") from None
    named = ("event", "run_id", "at", "by")
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise _broken(workspace, number, "不是一条记录 / it is no entry")
    if told.get("event") not in get_args(Event) or not RUN_ID.fullmatch(told.get("run_id", "")):
        raise _broken(workspace, number, "记录的事件或方案编号未知 / its event or run_id is unknown")
    if not told.get("at") or not told.get("by"):
        raise _broken(workspace, number, "缺少时间或操作人 / it lacks its time or its author")
    event, run_id, at, by = (told.pop(name) for name in named)
    return Entry(event, run_id, at, by, told)


def _broken(workspace: Workspace, number: int, why: str) -> DataError:
    path = workspace.runs / FILE_NAME
    return DataError(
        f"{path} 第 {number} 行不能用 / line {number} cannot be used: {why}.",
        "恢复备份，或删掉这一行 / restore a backup, or take that line out.",
    )


def _publish(workspace: Workspace, entries: Iterable[Entry]) -> None:
    lines = (json.dumps(entry.facts(), ensure_ascii=False) + "\n" for entry in entries)
    publish_bytes(workspace.runs / FILE_NAME, "".join(lines).encode())
