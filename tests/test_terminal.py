"""What the terminal shows: on consoles of other encodings, without colours, and while a command works."""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.cells import cell_len

from bidopt.cli import console, frontier, init, meter, plan
from bidopt.cli.meter import Meter
from bidopt.export import Background
from bidopt.progress import Step, part
from bidopt.prose import Language
from bidopt.workspace import Workspace
from by_hand import put_run

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture
def shop(tmp_path: Path, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> Workspace:
    shop = init.make(tmp_path / "shop", init.template())
    put_run(shop, head, words, budgets)
    return shop


@contextmanager
def console_of(encoding: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.BytesIO]:
    """A stdout that raises on what it cannot encode."""
    shown = io.BytesIO()
    stream = io.TextIOWrapper(shown, encoding=encoding, write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        yield shown
    stream.detach()  # which leaves what was shown open


@contextmanager
def terminal_of(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """stderr as a real terminal of this TERM; yields the end at which its output is read."""
    ours, theirs = os.openpty()
    with monkeypatch.context() as patch, os.fdopen(theirs, "w", encoding="utf-8") as stream:
        patch.setenv("TERM", kind)
        patch.setattr(sys, "stderr", stream)
        yield ours


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_the_plan_can_be_shown_whole(
    shop: Workspace, head: dict[str, Any], behind: Background, language: Language, encoding: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with console_of(encoding, monkeypatch) as shown:
        plan.show(shop.run_dir(head["run_id"]), head, language, behind.recent)
    lines = shown.getvalue().decode(encoding).splitlines()
    assert "\x1b" not in "".join(lines), "no colours where it is no terminal"
    assert max(cell_len(line.rstrip()) for line in lines if str(shop.root) not in line) <= console.WIDTH
    assert sum("▁" in line and "█" in line for line in lines) == 2


@pytest.mark.parametrize(("encoding", "bars"), [("gbk", "▁▅█"), ("utf-8", "▁▅█"), ("ascii", "_=#")])
def test_bars_are_those_that_the_console_has(encoding: str, bars: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with console_of(encoding, monkeypatch):
        assert console.spark([0, 6, 10]) == bars
        assert console.spark([3, 3]) == bars[0] * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frontier_fits_a_gbk_console(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {f"{name}{end}": 12345.6 for name in frontier.FIGURES for end in ("", "_low", "_high")}
    answers = [
        {"budget": 1000.0 * k, "expected": figures | {"profit": 100.0 * k}, "marginal_roi": 2.5, "feasible": k > 1,
         "changes": {"raised": 70, "cut": 88}}
        for k in range(1, 6)
    ]  # fmt: skip
    told = {
        "date": "2026-06-01", "run_id": "2026-06-01-0a1b2c3d", "current": figures, "scenarios": answers,
        "change": {"cpc": 0.1, "cvr": 0, "demand": 0, "max_bid": None, "exclude": [], "nights": 3},
        "points": {"plan": 2000.0, "knee": 3000.0, "break_even": None, "recommended": 4000.0}, "campaigns": {},
    }  # fmt: skip
    with console_of("gbk", monkeypatch) as shown:
        frontier.show(told, [], language)
    lines = shown.getvalue().decode("gbk").splitlines()
    assert max(cell_len(line.rstrip()) for line in lines) <= console.WIDTH
    assert any("▁" in line and "█" in line for line in lines)


def test_lines_tell_the_time_that_remains(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "PATIENCE", 0.0)
    with Meter("zh") as progress:
        progress("关键词报表.zip")
        progress._start -= 30
        progress(Step("fit days=60", 0.25))
        progress._start -= 600
        progress(Step("optimise", 0.5))
        progress(Step("done", 1.0))
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "关键词报表.zip"
    assert told[1].startswith(("fit days=60  (约剩 90 秒)", "fit days=60  (约剩 91 秒)"))
    assert told[2].startswith("optimise  (约剩 11 分钟)")
    assert told[3] == "done"


def test_a_short_command_says_nothing_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter("en") as progress:
        progress(Step("fit", 0.5))
    assert capsys.readouterr().err == "fit\n"


def _read(terminal: int) -> bytes:
    """What comes within a second: the system hands on what was written piece by piece."""
    return os.read(terminal, 100_000) if select.select([terminal], [], [], 1.0)[0] else b""


@pytest.mark.parametrize(("kind", "moves"), [("xterm-256color", True), ("dumb", False)])
def test_only_terminals_that_move_their_cursor_get_a_bar(
    kind: str, moves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "PATIENCE", 0.0)
    with terminal_of(kind, monkeypatch) as ours:
        with Meter("zh") as progress:
            progress._start -= 30
            progress(Step("fit days=60", 0.25))
        told = b"".join(iter(lambda: _read(ours), b"")).decode()
    assert ("拟合模型" in told, "\x1b" in told) == (moves, moves)
    assert ("fit days=60" in told) is not moves
    assert "约剩 90 秒" in told


def test_a_part_tells_its_share_of_the_whole() -> None:
    heard: list[str] = []
    tell = part(heard.append, 0.2, 0.6)
    tell(Step("half", 0.5))
    tell("a name")
    assert heard == ["half", "a name"]
    assert isinstance(heard[0], Step)
    assert heard[0].done == pytest.approx(0.4)
    assert not isinstance(heard[1], Step)
