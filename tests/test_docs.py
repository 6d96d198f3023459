"""The documents say what the program does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

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
