"""`python -m bidopt.simulate.samples DIR`: the demo shop's exports in every layout, container and encoding.

One shop that moved from 直通车 to 无界 and re-saved some of its downloads: the folder as a whole is one history.
"""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import xlsxwriter

from bidopt.simulate import exports
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec

SPEC = MarketSpec(seed=3, words=60, history_days=40)
README = """# Sample exports / 示例报表

**Everything here is simulated.** The shop, its words, ids and figures come from `bidopt.simulate`; no real shop's
data is in this repository. `python -m bidopt.simulate.samples data/sample` writes the same bytes again.

**全部为模拟数据**：店铺、关键词、ID 和数字均由模拟器生成，不含任何真实店铺的数据。

| file | layout | container, encoding | days |
|---|---|---|---|
| `直通车关键词报表_20260424_083000.zip` | 直通车, 元 | zip, UTF-8 with BOM | 1 to 8 April |
| `直通车关键词报表_20260425_083000.zip` | 直通车, 分 | zip, UTF-8 with BOM | 9 to 14 April |
| `关键词报表_20260503_083000.zip` | 无界 | zip, GB18030 | 15 April to 2 May |
| `关键词报表_20260508_083000.csv` | 无界, re-saved by Excel (`2026/5/4`) | CSV, UTF-8 | 25 April to 7 May |
| `关键词报表_20260511_083000.xlsx` | 无界 | XLSX | 1 to 10 May |
| `出价表_20260501_083000.csv` | word table, a row a word and morning | CSV, GB18030 | 2 April to 1 May |
| `出价表_20260511_083000.xlsx` | word table | XLSX | 2 to 11 May |
| `计划表_20260511_083000.csv` | plan table | CSV, UTF-8 with BOM | 2 April to 11 May |
| `宝贝表_20260511_083000.csv` | item table | CSV, UTF-8 | 11 May |

Later downloads overlap earlier ones and restate their orders. `oddities/` holds one small file for each odd trait of
real files.
"""


def write_samples(folder: Path) -> list[Path]:
    """Write the sample files into `folder`: the same bytes every time."""
    market = Market(SPEC)
    market.play_history()
    folder.mkdir(parents=True, exist_ok=True)
    readme = folder / "README.md"
    readme.write_bytes(README.encode())
    return [readme, *_reports(market, folder), *_tables(market, folder)]


def _reports(market: Market, folder: Path) -> list[Path]:
    def rows(morning: date, first: date, last: date) -> pd.DataFrame:
        skip = (morning - last).days - 1
        return exports.report_frame(market.record, morning, (last - first).days + 1, skip)

    old = rows(date(2026, 4, 24), date(2026, 4, 1), date(2026, 4, 8))
    old_fen = rows(date(2026, 4, 25), date(2026, 4, 9), date(2026, 4, 14))
    zipped = rows(date(2026, 5, 3), date(2026, 4, 15), date(2026, 5, 2))
    resaved = exports.wujie(rows(date(2026, 5, 8), date(2026, 4, 25), date(2026, 5, 7)))
    resaved["日期"] = resaved["日期"].map(_as_excel_saves)
    newest = exports.wujie(rows(date(2026, 5, 11), date(2026, 5, 1), date(2026, 5, 10)))
    return [
        _zip(folder, "直通车关键词报表", date(2026, 4, 24), exports.simba(old), "utf-8-sig"),
        _zip(folder, "直通车关键词报表", date(2026, 4, 25), exports.simba(old_fen, fen=True), "utf-8-sig"),
        _zip(folder, "关键词报表", date(2026, 5, 3), exports.wujie(zipped), "gb18030"),
        exports.write_csv(_path(folder, "关键词报表", date(2026, 5, 8), "csv"), resaved, "utf-8"),
        _xlsx(folder, "关键词报表", date(2026, 5, 11), newest),
    ]


def _tables(market: Market, folder: Path) -> list[Path]:
    mornings = [d.day + timedelta(days=1) for d in market.record.days]
    words = exports.word_table(market.record, mornings)
    older = words["日期"] <= "2026-05-01"
    plans = pd.concat([exports.plan_table(market.record, m) for m in mornings])
    items = exports.item_table(market.record, mornings[-1])
    newest = mornings[-1]
    return [
        exports.write_csv(_path(folder, "出价表", date(2026, 5, 1), "csv"), words[older], "gb18030"),
        _xlsx(folder, "出价表", newest, words[~older]),
        exports.write_csv(_path(folder, "计划表", newest, "csv"), plans),
        exports.write_csv(_path(folder, "宝贝表", newest, "csv"), items, "utf-8"),
    ]


def _as_excel_saves(day: str) -> str:
    parsed = date.fromisoformat(day)
    return f"{parsed.year}/{parsed.month}/{parsed.day}"


def _path(folder: Path, name: str, morning: date, suffix: str) -> Path:
    return folder / f"{name}_{_stamp(morning):%Y%m%d_%H%M%S}.{suffix}"


def _stamp(morning: date) -> datetime:
    return datetime.combine(morning, exports.DOWNLOAD_TIME)


def _zip(folder: Path, name: str, morning: date, frame: pd.DataFrame, encoding: str) -> Path:
    return exports.write_zip(_path(folder, name, morning, "zip"), frame, _stamp(morning), encoding)


def _xlsx(folder: Path, name: str, morning: date, frame: pd.DataFrame) -> Path:
    """A workbook with real dates and numbers; ids are text, as the platform writes them."""
    path = _path(folder, name, morning, "xlsx")
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        # The one stamp in the file that is not fixed of itself.
        book.set_properties({"created": _stamp(morning)})
        sheet = book.add_worksheet("Sheet1")
        day_format = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, list(frame.columns))
        for column, header in enumerate(frame.columns):
            for row, cell in enumerate(frame[header].tolist(), 1):
                if header == "日期":
                    sheet.write_datetime(row, column, datetime.combine(date.fromisoformat(cell), time()), day_format)
                elif cell != "" and _is_number(header, cell):
                    sheet.write_number(row, column, float(cell))
                else:
                    sheet.write_string(row, column, str(cell))
    return path


def _is_number(header: str, cell: object) -> bool:
    return "ID" not in header and str(cell).replace(".", "", 1).isdigit()


if __name__ == "__main__":
    for path in write_samples(Path(sys.argv[1])):
        print(path)
