"""The ledger: only ever added to, whole or refused, and every run in it once."""

import json
import os
from pathlib import Path

import pytest

from bidopt import ledger
from bidopt.errors import DataError
from bidopt.workspace import Workspace, publish_json

RUN, LATER = "2026-06-01-0a1b2c3d", "2026-06-02-0a1b2c3d"


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def _publish(shop: Workspace, run_id: str, at: float) -> None:
    head = shop.run_dir(run_id) / "plan.json"
    publish_json(head, {"run_id": run_id})
    os.utime(head, (at, at))


def test_entries_come_back_as_they_were_added(shop: Workspace) -> None:
    first = ledger.add(shop, "confirmed", RUN, "2026-06-01T09:00:00+08:00")
    second = ledger.add(shop, "overridden", RUN, "2026-06-02", gate="jump", why="大促\n第一天")
    assert ledger.read(shop) == (first, second)
    assert second.details == {"gate": "jump", "why": "大促\n第一天"}
    lines = (shop.runs / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["confirmed", "overridden"]
    assert "@" in first.by


def test_adding_keeps_every_byte_before(shop: Workspace) -> None:
    path = shop.runs / "ledger.jsonl"
    ledger.add(shop, "confirmed", RUN, "2026-06-01")
    before = path.read_bytes()
    ledger.add(shop, "undone", RUN, "2026-06-02")
    assert path.read_bytes().startswith(before)


def test_every_run_is_entered_once_in_the_order_made(shop: Workspace) -> None:
    _publish(shop, LATER, 1_780_000_000)
    _publish(shop, RUN, 1_790_000_000)
    publish_json(shop.runs / ".half.0a1b2c3d.tmp" / "plan.json", {})
    ledger.catch_up(shop)
    ledger.catch_up(shop)
    told = ledger.read(shop)
    assert [(e.event, e.run_id) for e in told] == [("recommended", LATER), ("recommended", RUN)]
    assert told[0].at == "2026-05-29T04:26:40+08:00"


def test_what_people_said_last_of_a_run_stands(shop: Workspace) -> None:
    for event, run_id in (("confirmed", RUN), ("confirmed", LATER), ("undone", LATER)):
        ledger.add(shop, event, run_id, "2026-06-02")  # type: ignore[arg-type]
    told = ledger.read(shop)
    assert {run_id: e.event for run_id, e in ledger.uploads(told).items()} == {RUN: "confirmed", LATER: "undone"}
    newest = ledger.last(told, "confirmed")
    assert newest is not None
    assert newest.run_id == LATER
    assert ledger.last(told, "overridden") is None


GOOD = '{"event": "confirmed", "run_id": "2026-06-01-0a1b2c3d", "at": "2026-06-01", "by": "a@b"}'


@pytest.mark.parametrize(
    "line",
    [
        GOOD[:40],
        GOOD.replace("confirmed", "praised"),
        GOOD.replace("0a1b2c3d", "../../x"),
        GOOD.replace('"a@b"', "7"),
        GOOD.replace("a@b", ""),
        "[]",
        "",
        "\x00\ufeff",
    ],
)
def test_a_foreign_line_is_refused_by_its_number(shop: Workspace, line: str) -> None:
    path = shop.runs / "ledger.jsonl"
    path.parent.mkdir()
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n", "utf-8")
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"line 2 cannot be used"):
        ledger.add(shop, "undone", RUN, "2026-06-02")
    assert path.read_bytes() == before


def test_a_torn_end_is_refused(shop: Workspace) -> None:
    path = shop.runs / "ledger.jsonl"
    path.parent.mkdir()
    path.write_text(f"{GOOD}\n{GOOD[:-1]}", "utf-8")
    with pytest.raises(DataError, match=r"line 2 cannot be used: 没有写完"):
        ledger.read(shop)
