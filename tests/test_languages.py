"""Whatever people read is there in Chinese and in English."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jinja2 import Environment
from typer.testing import CliRunner

import bidopt
from bidopt.cli import app, init

ROOT = Path(bidopt.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}")
ERRORS = ("UsageError", "SettingsError", "DataError", "FileRefused", "WorkspaceBusy", "StalePlan")
SAME = {"zh": "", "en": ""}
"""Nothing to say."""


def texts() -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the package that is kept by language, with where it is kept."""
    for module in pkgutil.walk_packages([str(ROOT)], "bidopt."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            yield from inside(f"{module.name}.{name}", value)


def inside(place: str, value: Any) -> Iterator[tuple[str, dict[str, str]]]:
    if not isinstance(value, dict) or not value:
        return
    if {"zh", "en"} & value.keys():
        yield place, value
        return
    for key, inner in value.items():
        yield from inside(f"{place}[{key!r}]", inner)


def fields(text: str) -> set[str]:
    """The names of the values that are put into `text`."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_is_in_both_languages() -> None:
    kept = dict(texts())
    assert len(kept) > 300
    one_sided = {place for place, text in kept.items() if text.keys() != {"zh", "en"}}
    assert not one_sided
    told = {place: text for place, text in kept.items() if text != SAME and ENGLISH.search(bare(text["en"]))}
    assert len(told) > 300
    assert not {place for place, text in told.items() if not CHINESE.search(text["zh"])}
    assert not {place for place, text in told.items() if text["zh"] == text["en"]}


def bare(text: str) -> str:
    """`text` without the values that are put in."""
    return re.sub(r"\{[^{}|]*\}", "", text)


def test_both_languages_tell_the_same_numbers() -> None:
    assert not {place for place, text in texts() if fields(text["zh"]) ^ fields(text["en"])}


@pytest.mark.parametrize("template", sorted((ROOT / "export" / "templates").glob("*.html")), ids=lambda p: p.name)
def test_templates_hold_no_words_of_their_own(template: Path) -> None:
    tokens = Environment(autoescape=True).lex(template.read_text("utf-8"))
    page = "".join(value for _, kind, value in tokens if kind == "data")
    page = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", "", page, flags=re.S)
    said = re.findall(r"\b(?:placeholder|title|alt|aria-label)=\"(.*?)\"", page)
    left = " ".join([re.sub(r"<[^>]*>|&\w+;", " ", page), *said])
    assert not CHINESE.search(left)
    assert not ENGLISH.search(left)


@pytest.mark.parametrize("command", [str(command.name) for command in app.registered_commands])
def test_every_help_says_in_chinese_what_the_command_does(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"], prog_name="bidopt").output.partition("Example")[0]
    assert CHINESE.search(told)
    assert ENGLISH.search(told)


def test_every_setting_is_explained_in_both_languages() -> None:
    told = re.findall(r"^(?:# )?(\w+) = .*?\s# (.+)$", init.template(), re.M)
    assert len(told) > 40
    assert not [key for key, comment in told if not (CHINESE.search(comment) and ENGLISH.search(comment))]


def failures() -> Iterator[tuple[str, str]]:
    """Every expected failure with a message written in place: where, and all that it says."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                literals = [
                    leaf.value for arg in node.args[:1] for leaf in ast.walk(arg) if isinstance(leaf, ast.Constant)
                ]
                told = "".join(value for value in literals if isinstance(value, str))
                if CHINESE.search(told) or ENGLISH.search(told):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", told


def test_every_failure_is_told_in_both_languages() -> None:
    told = list(failures())
    assert len(told) > 30
    assert not [(where, what) for where, what in told if not (CHINESE.search(what) and ENGLISH.search(what))]
