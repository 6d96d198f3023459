"""`bidopt export` and what the terminal shows of a plan, on a run made by hand."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

from bidopt import export
from bidopt.cli import app, console, init, plan
from bidopt.cli.export import Layout, contents, find_run
from bidopt.errors import UsageError
from bidopt.prose import Language
from bidopt.workspace import Workspace
from by_hand import put_run

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture
def shop(tmp_path: Path, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> Workspace:
    """A workspace with one run."""
    made = init.make(tmp_path / "shop", init.template())
    put_run(made, head, words, budgets)
    return made


def test_newest_run_is_the_default(shop: Workspace, head: dict[str, Any]) -> None:
    assert find_run(shop, None) == find_run(shop, head["run_id"]) == shop.run_dir(head["run_id"])


def test_unknown_run_names_those_there_are(shop: Workspace, head: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=head["run_id"]):
        find_run(shop, "2026-01-01-ffffffff")


def test_wujie_writes_budgets_beside_the_bids(shop: Workspace, words: pd.DataFrame, tmp_path: Path) -> None:
    files = contents(shop, find_run(shop, None).name, Layout.wujie, tmp_path / "changes.csv")
    assert [path.name for path in files] == ["changes.csv", "changes_budgets.csv"]
    assert files[tmp_path / "changes.csv"] == export.bids_csv(words, "zh")
    assert files[tmp_path / "changes_budgets.csv"] == (find_run(shop, None) / "budgets.csv").read_bytes()


def test_simba_is_one_json_list(shop: Workspace, tmp_path: Path) -> None:
    [content] = contents(shop, find_run(shop, None).name, Layout.simba, tmp_path / "changes.json").values()
    assert {row["keywordId"] for row in json.loads(content)} == {301, 302, 305, 12345678901234567}


def test_xlsx_is_the_workbook_of_the_run(shop: Workspace, words: pd.DataFrame, tmp_path: Path) -> None:
    [content] = contents(shop, find_run(shop, None).name, Layout.xlsx, tmp_path / "changes.xlsx").values()
    sheet = pd.read_excel(io.BytesIO(content), engine="calamine", sheet_name="预算调整", dtype=str)
    assert sheet["计划ID"].tolist() == ["90001", "90002", "90003"]


@pytest.mark.parametrize("name", ["", "file/changes.csv", "taken.csv"])
def test_output_that_cannot_be_written_is_wrong_usage(shop: Workspace, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    (tmp_path / "taken_budgets.csv").mkdir()
    with pytest.raises((UsageError, typer.BadParameter)):
        app(["export", "-w", str(shop.root), "-o", str(tmp_path / name)], standalone_mode=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plan_fits_the_terminal(
    shop: Workspace, head: dict[str, Any], language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.cells import cell_len

    plan.show(shop.run_dir(head["run_id"]), head, language)
    lines = capsys.readouterr().out.splitlines()
    tables = [line for line in lines if str(shop.root) not in line]
    assert max(cell_len(line.rstrip()) for line in tables) <= console.WIDTH
    told = "\n".join(lines)
    assert "碎花连衣裙" in told
    assert "花费 320 元无成交" in told
    assert str(shop.run_dir(head["run_id"]) / "report.html") in told
