"""What goes out, opened by the spreadsheet that people open it with; the browser is test_report_browser.py."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from bidopt import export

SPREADSHEET = shutil.which("soffice")

needs_spreadsheet = pytest.mark.skipif(SPREADSHEET is None, reason="no LibreOffice on the path")


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
