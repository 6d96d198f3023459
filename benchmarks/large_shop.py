"""Exports of a simulated shop of any size, quickly: one market's words under ids of their own, many times over."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from bidopt.simulate import exports
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec

MARKET_WORDS = 2_500
"""At most so many words are played; a larger shop has them several times."""
PLAYED_DAYS = 91
"""13 weeks; a longer history repeats them, weekday by weekday."""
LONGEST_REPORT = 90
RESTATED_DAYS = 15
OWN = ("计划ID", "单元ID", "宝贝ID", "词ID/词包ID", "计划名字", "宝贝名称", "词名字/词包名字")
"""What copies of a word do not share."""


class LargeShop:
    """A shop of about `words` words, `days` days old, that has one download and this morning's tables."""

    def __init__(self, words: int, days: int) -> None:
        self.copies = max(1, round(words / MARKET_WORDS))
        self.days = days
        spec = MarketSpec("lognormal", words=round(words / self.copies), history_days=min(days, PLAYED_DAYS))
        self.market = Market(spec)
        self.market.play_history()

    @property
    def morning(self) -> date:
        return self.market.next_day

    def first_delivery(self, folder: Path) -> list[Path]:
        """All days in reports of at most 90, as the platform gives them, and the tables."""
        firsts = range(0, self.days, LONGEST_REPORT)
        spans = [(skip, min(LONGEST_REPORT, self.days - skip)) for skip in firsts]
        reports = [self._report(folder, part, days, skip) for part, (skip, days) in enumerate(spans)]
        return [*reports, *self._tables(folder)]

    def next_delivery(self, folder: Path) -> list[Path]:
        """Play a day; then the report that restates the attribution window, and the tables."""
        market = self.market
        market.play(market.next_day, market.bids, market.budgets)
        return [self._report(folder, 0, RESTATED_DAYS, 0), *self._tables(folder)]

    def _report(self, folder: Path, part: int, days: int, skip: int) -> Path:
        name = f"关键词报表_{self.morning:%Y%m%d}_0830{part:02}"
        with (
            zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            archive.open(f"{name}.csv", "w", force_zip64=True) as file,
        ):
            file.write((",".join(exports.WUJIE_HEADERS) + "\r\n").encode("gb18030"))
            for day in self._days(days, skip):
                for text in self._copied(day):
                    file.write(text.encode("gb18030"))
        return folder / f"{name}.zip"

    def _days(self, days: int, skip: int) -> Iterator[pd.DataFrame]:
        """The report of one day after the other, oldest first, of the `days` that end `skip` days ago."""
        record, morning = self.market.record, self.morning
        for ago in range(skip + days, skip, -1):
            earlier = PLAYED_DAYS * ((ago - 1) // PLAYED_DAYS)
            day = exports.wujie(exports.report_frame(record, morning, 1, ago - earlier - 1))
            yield day.assign(**{"日期": (morning - timedelta(days=ago)).isoformat()})

    def _tables(self, folder: Path) -> list[Path]:
        record, morning = self.market.record, self.morning
        tables = {
            "出价表": exports.word_table(record, [morning]),
            "计划表": exports.plan_table(record, morning),
            "宝贝表": exports.item_table(record, morning),
        }
        paths = []
        for name, table in tables.items():
            paths.append(folder / f"{name}_{morning:%Y%m%d}_083000.csv")
            paths[-1].write_text(",".join(table) + "\r\n" + "".join(self._copied(table)), "utf-8-sig", newline="")
        return paths

    def _copied(self, table: pd.DataFrame) -> Iterator[str]:
        """The rows of `table` as CSV, once a copy of the market."""
        for copy in range(self.copies):
            own = {name: table[name].astype(str) + f"{copy:02}" for name in OWN if name in table}
            sink = pa.BufferOutputStream()
            rows = pa.Table.from_pandas(table.assign(**own), preserve_index=False)
            pa_csv.write_csv(rows, sink, pa_csv.WriteOptions(include_header=False, quoting_style="none", eol="\r\n"))
            yield sink.getvalue().to_pybytes().decode()


def settings_text(words: int) -> str:
    """A cap that binds, in yuan a day, and nothing else."""
    return f"[budget]\ndaily_cap = {12 * words}\n"


def csv_of(path: Path) -> tuple[io.BytesIO, str]:
    """(bytes, encoding) of an export's table."""
    if path.suffix == ".csv":
        return io.BytesIO(path.read_bytes()), "utf-8-sig"
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(archive.namelist()[0])), "gb18030"
