"""Imports run only down (pyproject.toml, [tool.importlinter])."""

import re
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]


def test_imports_run_only_down() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_nothing_is_pickled() -> None:
    sources = {path: path.read_text("utf-8") for path in (ROOT / "bidopt").rglob("*.py")}
    assert not [path for path, text in sources.items() if re.search(r"\bimport (pickle|joblib|dill)\b|_pickle\(", text)]
