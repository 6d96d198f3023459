"""The documents say what the program does."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bidopt.simulate.demo import write_demo

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")


@pytest.fixture(scope="module")
def make_cli() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


@pytest.mark.parametrize("readme", READMES)
def test_readme_links_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / readme).read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


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
