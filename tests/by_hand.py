"""A run's folder made by hand, as a night leaves it; a workbook filled by hand."""

from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from python_calamine import CalamineWorkbook

from bidopt import export, runs
from bidopt.workspace import Workspace, publish_bytes, publish_json

Sheets = dict[str, list[list[Any]]]


def put_run(shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> str:
    """Write the run of `head` into `shop` as its newest."""
    folder = shop.run_dir(head["run_id"])
    publish_json(folder / "plan.json", head)
    for name, content in {
        runs.SETTINGS: shop.settings().model_dump_json().encode(),
        "bids.csv": export.bids_csv(words, "zh"),
        "budgets.csv": export.budgets_csv(budgets, "zh"),
        "rollback_bids.csv": export.rollback_bids_csv(words, "zh"),
        "rollback_budgets.csv": export.rollback_budgets_csv(budgets, "zh"),
    }.items():
        publish_bytes(folder / name, content)
    words.to_parquet(folder / "recommendations.parquet", index=False)
    publish_bytes(shop.runs / "latest", head["run_id"].encode())
    return str(head["run_id"])


def sheets_of(path: Path) -> Sheets:
    workbook = CalamineWorkbook.from_path(str(path))
    return {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def save(path: Path, sheets: Sheets) -> None:
    with xlsxwriter.Workbook(str(path)) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)


def fill(path: Path, keyword: str, value: Any, column: str = "自定出价") -> None:
    """Type `value` into the row of `keyword`, or of a plan of that name."""
    sheets = sheets_of(path)
    hit = 0
    for rows in sheets.values():
        if column in rows[0]:
            place = rows[0].index(column)
            for row in rows[1:]:
                if row[0] == keyword:
                    row[place], hit = value, hit + 1
    assert hit == 1
    save(path, sheets)
