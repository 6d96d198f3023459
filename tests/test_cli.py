"""The command line's promises: what goes to which stream, exit codes, settings, and that it starts light."""

import errno
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bidopt import cli, settings
from bidopt.cli import init
from bidopt.errors import UsageError
from bidopt.workspace import Workspace

HEAVY = {"numpy", "pandas", "scipy", "statsmodels", "pandera", "pyarrow", "plotly", "pydantic", "rich"}


class Bidopt:
    """Runs the command line in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self._monkeypatch.setattr(sys, "argv", ["bidopt", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = self._capsys.readouterr()
        return int(left.value.code or 0), out, err


@pytest.fixture
def bidopt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bidopt:
    return Bidopt(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return init.make(tmp_path / "shop", init.template())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['bidopt', '--help']\nfrom bidopt.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "nightly" in done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_init_makes_a_workspace_at_its_defaults(bidopt: Bidopt, tmp_path: Path) -> None:
    code, out, err = bidopt("init", tmp_path / "店", "--json")
    assert (code, err) == (0, "")
    made = Workspace(tmp_path / "店").require()
    assert json.loads(out) == {"workspace": str(made.root), "settings": str(made.settings_path)}
    assert made.settings() == settings.Settings()
    assert all(folder.is_dir() for folder in (made.inbox, made.data, made.models, made.runs))


def test_init_never_overwrites(bidopt: Bidopt, shop: Workspace) -> None:
    shop.settings_path.write_text("[budget]\ndaily_cap = 7\n", "utf-8")
    code, out, err = bidopt("init", shop.root)
    assert (code, out) == (2, "")
    assert "is a workspace already" in err
    assert shop.settings().budget.daily_cap == 7


def fields(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Every key that bidopt.toml may hold, lists of tables by their table's name."""
    named = set()
    for name, field in model.model_fields.items():
        parts: list[Any] = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
        named |= fields(inner[0], f"{name}.") if inner else {prefix + name}
    return named


def keys(table: dict[str, Any]) -> set[str]:
    return {
        f"{name}.{key}"
        for name, value in table.items()
        for section in (value if isinstance(value, list) else [value])
        for key in section
    }


def test_template_names_every_setting_and_its_examples_load() -> None:
    examples = re.sub(r"^# (?=\[\[|(?!extends)\w+ = )", "", init.template(), flags=re.M)
    table = tomllib.loads(examples)
    assert keys(table) == fields(settings.Settings)
    settings.Settings.model_validate(table)


def test_nightly_help_names_every_gate(bidopt: Bidopt) -> None:
    _, out, _ = bidopt("nightly", "--help")
    for name, field in settings.Gates.model_fields.items():
        assert f"{name} = {field.default}" in out


def test_no_workspace_is_wrong_usage(bidopt: Bidopt, tmp_path: Path) -> None:
    code, out, err = bidopt("status", "-w", tmp_path)
    assert (code, out) == (2, "")
    assert "is not a bidopt workspace" in err
    assert "bidopt init" in err


def test_failure_as_json(bidopt: Bidopt, tmp_path: Path) -> None:
    code, out, err = bidopt("status", "-w", tmp_path, "--json")
    assert json.loads(out)["error"]["exit_code"] == code == 2
    assert err.startswith("Error: ")


WRONG_USAGE = [
    ["nightly", "--date", "2026-13-01"],
    ["import"],
    ["import", "no-such-file"],
    ["frobnicate"],
    ["export"],
    ["export", "-o", "changes.csv", "--format", "word"],
    ["status", "--frobnicate"],
]


@pytest.mark.parametrize("arguments", WRONG_USAGE)
def test_wrong_usage_exits_2(bidopt: Bidopt, arguments: list[str]) -> None:
    code, out, err = bidopt(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: 用法不对 / wrong usage: ")
    assert "--help" in err


@pytest.mark.parametrize("arguments", WRONG_USAGE)
def test_wrong_usage_as_json(bidopt: Bidopt, arguments: list[str]) -> None:
    code, out, err = bidopt(*arguments, "--json")
    told = json.loads(out)["error"]
    assert code == told["exit_code"] == 2
    assert told["message"] in err


def test_nothing_asked_is_help(bidopt: Bidopt) -> None:
    code, out, err = bidopt()
    assert (code, err) == (0, "")
    assert out == bidopt("--help")[1]


@pytest.mark.parametrize("command", ["init", "demo"])
@pytest.mark.parametrize("folder", ["file", "file/shop", "x" * 300])
def test_folder_that_cannot_be_made_is_wrong_usage(bidopt: Bidopt, tmp_path: Path, command: str, folder: str) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    code, out, err = bidopt(command, tmp_path / folder)
    assert (code, out) == (2, "")
    assert f"Error: {tmp_path / folder} 不能用 / cannot be used: " in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_workspace_that_cannot_be_looked_into_is_wrong_usage(bidopt: Bidopt, tmp_path: Path) -> None:
    code, _, err = bidopt("status", "-w", tmp_path / ("x" * 300))
    assert code == 2
    assert "cannot be used" in err


def test_disk_failure_is_one_clear_line(bidopt: Bidopt, shop: Workspace, tmp_path: Path) -> None:
    shop.data.rmdir()
    shop.data.write_text("in the way", "utf-8")
    export = tmp_path / "report.csv"
    export.write_text("日期,词名字,展现量,点击量,花费\n", "utf-8")
    code, out, err = bidopt("import", "-w", shop.root, export, "--json")
    assert code == json.loads(out)["error"]["exit_code"] == 1
    assert f"cannot read or write: {shop.data}" in err
    assert "internal error" not in err


def test_full_disk_is_not_wrong_usage(bidopt: Bidopt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = bidopt("init", tmp_path / "shop")
    assert code == 1
    assert os.strerror(errno.ENOSPC) in err


def test_wrong_settings_name_key_and_line(bidopt: Bidopt, shop: Workspace) -> None:
    shop.settings_path.write_text("[budget]\ndaily_cap = 3000\ndaily_cup = 1\n", "utf-8")
    code, _, err = bidopt("status", "-w", shop.root)
    assert code == 2
    assert "bidopt.toml line 3: budget.daily_cup" in err


def test_busy_workspace_exits_4(bidopt: Bidopt, shop: Workspace) -> None:
    export = shop.root / "report.csv"
    export.write_text("日期,词名字,展现量,点击量,花费\n", "utf-8")
    with shop.lock():
        code, out, err = bidopt("import", "-w", shop.root, export)
    assert (code, out) == (4, "")
    assert "another bidopt is working" in err


def test_import_tells_what_came_and_exits_3_when_a_file_is_refused(
    bidopt: Bidopt, shop: Workspace, tmp_path: Path
) -> None:
    good, bad = tmp_path / "关键词报表_20260602_083000.csv", tmp_path / "notes.csv"
    good.write_text(
        "日期,计划ID,单元ID,词ID/词包ID,词名字/词包名字,展现量,点击量,花费\n2026-06-01,1,2,3,连衣裙,100,5,4.5\n",
        "utf-8",
    )
    bad.write_text("待办,负责人\n改价,小王\n", "utf-8")
    code, out, err = bidopt("import", "-w", shop.root, good, bad, "--json")
    told = {file["name"]: file for file in json.loads(out)["files"]}
    assert code == 3
    assert (told[good.name]["status"], told[good.name]["stored"]) == ("imported", 1)
    assert (told[bad.name]["status"], bool(told[bad.name]["message"])) == ("refused", True)
    assert good.name in err
    assert bidopt("import", "-w", shop.root, good)[0] == 0


def test_import_tells_row_and_reason_of_what_it_set_aside(bidopt: Bidopt, shop: Workspace, tmp_path: Path) -> None:
    export = tmp_path / "关键词报表_20260602_083000.csv"
    rows = ["2026-06-01,1,2,3,连衣裙,100,5,4.5", "2026-06-01,1,2,4,半身裙,很多,5,4.5"]
    export.write_text("\n".join(["日期,计划ID,单元ID,词ID/词包ID,词名字/词包名字,展现量,点击量,花费", *rows]), "utf-8")
    code, out, _ = bidopt("import", "-w", shop.root, export)
    assert code == 0
    assert f"{export.name} 第 3 行剔除：展现量" in out
    told = json.loads(bidopt("import", "-w", shop.root, export, "--json")[1])
    assert [(row["file"], row["row"]) for row in told["set_aside_rows"]] == [(export.name, "3")]


def test_nightly_without_data_exits_3(bidopt: Bidopt, shop: Workspace) -> None:
    code, out, err = bidopt("nightly", "-w", shop.root, "--date", "2026-06-02", "--json")
    assert code == json.loads(out)["error"]["exit_code"] == 3
    assert "no data" in err


def test_status_of_an_empty_workspace_asks_for_exports(bidopt: Bidopt, shop: Workspace) -> None:
    code, out, _ = bidopt("status", "-w", shop.root, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["newest_day"], told["newest_run"], told["files"]) == (None, None, [])
    assert str(shop.inbox) in told["waiting"][0]


def test_unexpected_failure_is_one_line(bidopt: Bidopt, shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "latest_run", lambda self: 1 / 0)
    code, _, err = bidopt("status", "-w", shop.root)
    assert code == 1
    assert "Traceback" not in err
    assert "internal error: ZeroDivisionError" in err
    assert "--debug" in err


def test_debug_shows_the_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["bidopt", "status", "-w", str(tmp_path), "--debug"])
    with pytest.raises(UsageError, match="not a bidopt workspace"):
        cli.main()


def test_a_gbk_console_gets_everything_it_can_show(tmp_path: Path) -> None:
    folder = tmp_path / "店铺€"
    done = subprocess.run(
        [sys.executable, "-m", "bidopt", "init", str(folder)],
        capture_output=True,
        env={"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "1", "PYTHONPATH": str(Path(cli.__file__).parents[2])},
        check=True,
    )
    assert "店铺" in done.stdout.decode("gbk")
