"""What goes out, opened by the programs that people open it with: a browser, a spreadsheet."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bidopt import export

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SPREADSHEET = shutil.which("soffice")

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the path")
needs_spreadsheet = pytest.mark.skipif(SPREADSHEET is None, reason="no LibreOffice on the path")


@needs_browser
def test_report_draws_its_charts_without_a_network(
    head: dict[str, Any],
    words: pd.DataFrame,
    budgets: pd.DataFrame,
    curves: pd.DataFrame,
    recent: pd.DataFrame,
    tmp_path: Path,
) -> None:
    page = tmp_path / "report.html"
    page.write_text(export.report_html(head, words, budgets, curves, recent, "zh"), "utf-8")
    offline = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    done = subprocess.run(
        [str(BROWSER), *offline, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--v=0",
         "--virtual-time-budget=10000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    drawn = done.stdout.split('id="curves"')[1]
    assert done.stdout.count('class="main-svg"') >= 3
    assert "碎花连衣裙" in drawn


def as_csv(document: Path, folder: Path, *, read_with: str = "") -> list[str]:
    """The first sheet of `document` as LibreOffice shows it, a line a row."""
    command = [str(SPREADSHEET), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
    subprocess.run(
        [*command, *([f"--infilter={read_with}"] if read_with else []), "--convert-to", shown,
         "--outdir", str(folder / "shown"), str(document)],
        capture_output=True, timeout=180, check=True,
    )  # fmt: skip
    return (folder / "shown" / f"{document.stem}.csv").read_text("utf-8").splitlines()


@needs_spreadsheet
def test_bids_csv_opens_with_percentages_and_no_formula_run(words: pd.DataFrame, tmp_path: Path) -> None:
    document = tmp_path / "bids.csv"
    document.write_bytes(export.bids_csv(words, "zh"))
    shown = "\n".join(as_csv(document, tmp_path, read_with="Text - txt - csv (StarCalc):44,34,UTF-8,1"))
    assert "碎花连衣裙" in shown
    assert "12345678901234567" in shown
    assert "=1+1" in shown
