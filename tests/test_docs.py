"""The documents say what the program does."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from bidopt.simulate.demo import write_demo

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")


DOCS = ROOT / "docs"
HOW_TOS = sorted(path for path in (DOCS / "how-to").glob("*.md") if not path.name.endswith(".zh.md"))
TWICE = [DOCS / "tutorial.md", *HOW_TOS]
"""Pages that are there in both languages, the English one."""
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "models" / "README.md", ROOT / "data" / "README.md"]


def program(name: str) -> ModuleType:
    """The program docs/NAME.py as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make_cli() -> ModuleType:
    return program("make_cli")


@pytest.fixture(scope="module")
def make_files() -> ModuleType:
    return program("make_files")


@pytest.fixture(scope="module")
def make_worked() -> ModuleType:
    return program("make_worked")


@pytest.fixture(scope="module")
def walk() -> ModuleType:
    return program("walk")


@pytest.fixture(scope="module")
def night(make_worked: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The demo's night."""
    folder = tmp_path_factory.mktemp("demo")
    command, environment = [sys.executable, "-m", "bidopt", "demo"], os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return make_worked.Night(folder / "bidopt-demo")


@pytest.fixture(scope="module")
def beginner(walk: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who has gone through the tutorial."""
    folder: Path = walk.fresh(tmp_path_factory.mktemp("tutorial"))
    walk.walked((DOCS / "tutorial.md").read_text("utf-8"), folder)
    return folder


def test_cli_page_is_fresh(make_cli: ModuleType) -> None:
    assert make_cli.PAGE.read_text("utf-8") == make_cli.page(), "docs/cli.md is stale: run `make docs`"


def test_every_command_has_an_example(make_cli: ModuleType) -> None:
    for name in make_cli.commands():
        assert re.search(rf"Example:\n +bidopt {name}\b", make_cli.help_text(name))


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_only_commands_that_exist(make_cli: ModuleType, readme: str) -> None:
    blocks = re.findall(r"```(?:sh|console|text)?\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.S)
    used = set(re.findall(r"^(?:\$ )?bidopt (\w+)", "\n".join(blocks), re.M))
    assert used
    assert used <= set(make_cli.commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text("utf-8"))
    assert [path for path, _ in links if not (page.parent / path).exists()] == []
    assert [f"{path}#{place}" for path, place in links if place and place not in places(page.parent / path, page)] == []


def places(target: Path, page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page, `page` itself where `target` is its folder."""
    text = re.sub(r"```.*?```", "", (page if target.is_dir() else target).read_text("utf-8"), flags=re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_files_page_is_fresh(make_files: ModuleType) -> None:
    assert make_files.PAGE.read_text("utf-8") == make_files.page(), "docs/files.md is stale: run `make docs`"


def test_every_column_of_a_night_is_told(make_files: ModuleType, night: Any) -> None:
    for path, _, rows in make_files.RUN_FILES:
        columns = set(pd.read_parquet(night.shop / path.replace("<run_id>", night.run_id)).columns)
        assert columns - make_files.documented(rows) == set(), f"{path}: tell them in docs/make_files.py"


def test_every_setting_has_a_meaning(make_files: ModuleType) -> None:
    rows = [line for line in "".join(make_files.settings()).splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    assert not [row for row in rows if row.endswith("|  |")]


def test_worked_examples_are_fresh(make_worked: ModuleType, night: Any) -> None:
    """And by hand the formulas give what the files of the night say."""
    text = make_worked.PAGE.read_text("utf-8")
    assert {found[2] for found in make_worked.BLOCK.finditer(text)} == make_worked.EXAMPLES.keys()
    assert text == make_worked.page(text, night), "docs/models.md is stale: run `make docs`"


@pytest.mark.parametrize("page", TWICE, ids=lambda page: page.stem)
def test_both_languages_walk_the_same_way(walk: ModuleType, page: Path) -> None:
    own, chinese = (path.read_text("utf-8") for path in (page, page.with_suffix(".zh.md")))
    assert walk.commands(own) == walk.commands(chinese)
    assert len(re.findall(r"^## ", own, re.M)) == len(re.findall(r"^## ", chinese, re.M))


def test_the_tutorial_runs(beginner: Path) -> None:
    made = ("changes.csv", "changes_budgets.csv", "changes.xlsx", "undo/rollback_bids.csv", "undo/rollback_budgets.csv")
    assert all((beginner / name).stat().st_size for name in made)
    assert len(list((beginner / "my-shop" / "runs").glob("2026-*"))) == 2


@pytest.mark.parametrize("page", HOW_TOS, ids=lambda page: page.stem)
def test_how_tos_run(walk: ModuleType, beginner: Path, tmp_path: Path, page: Path) -> None:
    folder = tmp_path / "walk"
    shutil.copytree(beginner, folder)
    walk.walked(page.read_text("utf-8"), folder)


def sh_commands(readme: str) -> list[str]:
    """The command lines of the README's sh blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines()]


def test_both_readmes_walk_the_same_way() -> None:
    assert sh_commands(READMES[0]) == sh_commands(READMES[1])


def test_the_readme_walk_runs(tmp_path: Path) -> None:
    day = write_demo(tmp_path / "downloads")
    program = f'"{sys.executable}" -m bidopt'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for line in sh_commands(READMES[0]):
        dated = re.sub("bidopt (nightly|confirm)", rf"bidopt \1 --date {day}", line)
        command = dated.replace("bidopt", program, 1)
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert all((tmp_path / name).stat().st_size for name in ("changes.csv", "changes.xlsx", "changes.json"))
