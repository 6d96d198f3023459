"""Make data/sample/oddities/: one small simulated file for each way in which real exports are odd.

    python tests/make_oddities.py

Each file is written with the counts that a reader must come to, set down by hand, in expected.json.
Every name in them says 模拟 (simulated); no id belongs to anyone.
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import xlsxwriter

FOLDER = Path(__file__).parent.parent / "data" / "sample" / "oddities"
STAMP = "20260705_093000"

HEADER = (
    "日期,场景ID,场景名字,计划ID,计划名字,单元ID,单元名字,宝贝ID,宝贝名称,词类型,词ID/词包ID,词名字/词包名字,"
    "展现量,点击量,花费,总成交金额,总成交笔数"
)
OLD_HEADER = (
    "日期,计划ID,计划名称,推广类型,单元ID,单元名称,关键词ID,关键词,展现量,点击量,花费,点击率,总成交金额,总成交笔数"
)
WORDS_HEADER = "日期,计划ID,单元ID,宝贝ID,词ID/词包ID,词名字/词包名字,匹配方式,出价,质量分,状态"


@dataclass(frozen=True)
class Oddity:
    """A file, what is odd about it, and what a reader must count; `kept` is None where it must be refused."""

    name: str
    about: str
    content: bytes
    kept: int | None
    merged: int = 0
    totals: int = 0
    set_aside: int = 0


def row(word: int, date: str = "2026-07-04", figures: str = "1000,24,46.08,399.00,1", **changes: str) -> str:
    """A line under HEADER; `changes` replace cells by their header."""
    cells = {
        "日期": date,
        "场景ID": "371",
        "场景名字": "关键词推广",
        "计划ID": "90000000001",
        "计划名字": "模拟计划A",
        "单元ID": "80000000001",
        "单元名字": "模拟单元A",
        "宝贝ID": "600123400001",
        "宝贝名称": "模拟宝贝A",
        "词类型": "关键词",
        "词ID/词包ID": str(500123400000 + word),
        "词名字/词包名字": f"模拟词{word}",
    }
    return ",".join([*(cells | changes).values(), figures])


def old_row(word: int, spend: str = "46.08", gmv: str = "399.00", orders: str = "1") -> str:
    return (
        f"2023-02-01,90000000001,模拟计划A,标准推广,80000000001,模拟单元A,{500123400000 + word},模拟词{word},"
        f"1000,24,{spend},2.4,{gmv},{orders}"
    )


def table(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n"


def zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 7, 5, 9, 30, 0)), content)
    return sink.getvalue()


def workbook(rows: Sequence[Sequence[str | float]]) -> bytes:
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": dt.datetime(2026, 7, 5)})
    sheet = book.add_worksheet("关键词报表")
    for at, cells in enumerate(rows):
        sheet.write_row(at, 0, cells)
    book.close()
    return sink.getvalue()


def containers() -> list[Oddity]:
    gbk = table(HEADER, row(1), row(2)).encode("gb18030")
    old = table(OLD_HEADER, old_row(1), old_row(2)).encode("utf-8-sig")
    words = table(
        WORDS_HEADER, "2026-07-05,90000000001,80000000001,600123400001,500123400001,模拟词1,精准,1.20,8,推广中"
    )
    torn = (
        table(HEADER, row(1), row(2, **{"宝贝名称": "坏"}), row(3)).encode().replace("坏".encode(), b"\xe5\x9d")[:-70]
    )
    cells: list[list[str | float]] = [[*line.split(",")] for line in (HEADER, row(1), row(2), row(3))]
    cells[1][0] = 46207  # 2026-07-04 as Excel counts days
    cells[2][0] = "2026-07-04 00:00:00"
    cells[3][5] = 80000000001
    return [
        Oddity(f"无界_{STAMP}.zip", "a zip with one GB18030 CSV", zipped({"关键词报表.csv": gbk}), 2),
        Oddity(f"无界_{STAMP} (1).zip", "downloaded twice by a browser", zipped({"关键词报表.csv": gbk}), 2),
        Oddity(f"直通车_{STAMP}.zip", "the old report, UTF-8 with BOM", zipped({"关键词报表.csv": old}), 2),
        Oddity(
            f"两张表_{STAMP}.zip", "two tables in one zip", zipped({"报表.csv": gbk, "出价.csv": words.encode()}), 3
        ),
        Oddity(
            f"带系统文件_{STAMP}.zip", "a zip made on a Mac", zipped({"报表.csv": gbk, "__MACOSX/._报表.csv": b"x"}), 2
        ),
        Oddity(f"越界路径_{STAMP}.zip", "a path that leaves the archive", zipped({"../报表.csv": gbk}), None),
        Oddity(f"坏压缩包_{STAMP}.zip", "half a download", zipped({"报表.csv": gbk})[:60], None),
        Oddity(f"无BOM_{STAMP}.csv", "UTF-8 without BOM, re-saved", table(HEADER, row(1)).encode(), 1),
        Oddity(
            f"UTF16_{STAMP}.csv", "Excel's Unicode text", table(HEADER, row(1)).replace(",", "\t").encode("utf-16"), 1
        ),
        Oddity(f"工作簿_{STAMP}.xlsx", "a workbook with dates as serials, text and time", workbook(cells), 3),
        Oddity(f"其实是压缩包_{STAMP}.csv", "a zip under another name", zipped({"报表.csv": gbk}), 2),
        Oddity(f"图片_{STAMP}.csv", "no table at all", b"\x89PNG\r\n\x1a\n\xff\xff\x00\x00", None),
        Oddity(f"空文件_{STAMP}.csv", "nothing in it", b"", None),
        Oddity(f"坏字节_{STAMP}.csv", "a garbled name, and cut off within a character", torn, 1, 0, 0, 2),
        Oddity(f"只有表头_{STAMP}.csv", "a header and no row", table(HEADER).encode(), 0),
    ]


def dates_and_numbers() -> list[Oddity]:
    forms = [row(1, "2026-07-04"), row(2, "2026/7/4"), row(3, "20260704"), row(4, "2026-07-04 00:00:00")]
    forms += [row(5, "46207"), row(6, "2026年7月4日")]
    marks = ["", "-", "--", "\\N", "NULL", "N/A", "nan"]
    missing = [row(n, figures=f"1000,0,{mark},{mark},{mark}") for n, mark in enumerate(marks)]
    numbers = [
        row(1, figures='"1,234",24,"￥1,046.08",¥399.00,1'),
        row(2, figures="１２３４,２４,４６．０８,399.00元,1"),
    ]
    ids = [
        row(1, **{"计划ID": '="90000000001"', "词ID/词包ID": "\t500123400001"}),
        row(2, **{"计划ID": "'90000000001", "宝贝ID": "600123400001.0"}),
        row(3, **{"宝贝ID": "6.00123E+11"}),
        row(4, **{"词ID/词包ID": "5.001E11"}),
    ]
    fen = OLD_HEADER.replace("花费", "花费(分)").replace("总成交金额", "总成交金额（分）")
    console = ["关键词\t日期\t质量得分\t移动出价\t展现量\t点击量\t花费\t平均展现排名\t总成交笔数"]
    console += ["模拟词1\t2026-07-04\t9\t￥1.20\t1,000\t24\t￥46.08\t3.5\t-"]
    console += ["模拟词2\t2026-07-04\t8\t￥1.10\t2,000\t-\t-\t-\t-"]
    return [
        Oddity(f"日期写法_{STAMP}.csv", "every way to write a day", table(HEADER, *forms).encode(), 6),
        Oddity(f"日期区间_{STAMP}.csv", "a sum over days", table(HEADER, row(1, "20260601至20260630")).encode(), None),
        Oddity(f"没有日期_{STAMP}.csv", "no 日期 column", table(HEADER[3:], row(1)[11:]).encode(), None),
        Oddity(f"缺失写法_{STAMP}.csv", "every mark for a missing figure", table(HEADER, *missing).encode(), 7),
        Oddity(f"数字写法_{STAMP}.csv", "separators, currency, full width", table(HEADER, *numbers).encode(), 2),
        Oddity(
            f"ID写法_{STAMP}.csv", "guarded ids, and two destroyed by Excel", table(HEADER, *ids).encode(), 2, 0, 0, 2
        ),
        Oddity(f"分_{STAMP}.csv", "money in 分", table(fen, old_row(1, "4608", "39900")).encode("utf-8-sig"), 1),
        Oddity(f"后台复制_{STAMP}.txt", "copied from the console", table(*console).encode(), 2),
    ]


def rows() -> list[Oddity]:
    total = "合计,-,-,-,-,-,-,-,-,-,-,-,2000,48,92.16,798.00,2"
    dated_total = row(9, figures="2000,48,92.16,798,2", **{"计划ID": "-", "计划名字": "汇总", "词ID/词包ID": "-"})
    titles = ["模拟店铺 关键词报表,,,", "2026-07-04,,", "", "导出人：模拟"]
    parts = HEADER.replace("计划ID", "原二级场景ID,计划ID", 1)
    halves = [row(1, **{"计划ID": f"{part},90000000001"}) for part in ("371", "372")]
    bad = [
        row(1),
        row(2, figures="-5,0,0,0,0"),
        row(3, figures="很多,0,0,0,0"),
        row(4, ""),
        row(5, **{"词ID/词包ID": "", "词名字/词包名字": "-"}),
        row(6, figures="10,24,46.08,0,0"),
        row(7, "2026-07-06"),
        row(8, "7月4日"),
        row(9, figures="1000,24,,0,0"),
        row(10, figures="1000.5,24,46.08,0,0"),
    ]
    torn = [row(1), row(2)[:40], row(3) + ",,", "", row(4), row(5, **{"宝贝名称": '"27寸模拟宝贝'}), row(6)]
    return [
        Oddity(
            f"合计行_{STAMP}.csv", "rows that sum others", table(HEADER, row(1), dated_total, total).encode(), 1, 0, 2
        ),
        Oddity(f"合计行不齐_{STAMP}.csv", "a total cut short", table(HEADER, row(1), "合计,,,1000").encode(), 1, 0, 1),
        Oddity(f"标题行_{STAMP}.csv", "titles above the header", table(*titles, HEADER, row(1)).encode(), 1),
        Oddity(
            f"重复行_{STAMP}.csv", "one row three times", table(HEADER, row(1), row(1), row(1), row(2)).encode(), 2, 2
        ),
        Oddity(
            f"矛盾行_{STAMP}.csv",
            "one key, two claims: the fuller stays",
            table(HEADER, row(1), row(1, figures="900,20,40,0,0")).encode(),
            1,
            1,
        ),
        Oddity(f"二级场景_{STAMP}.csv", "two parts of one row", table(parts, *halves).encode(), 1, 1),
        Oddity(f"坏行_{STAMP}.csv", "one good row among nine bad ones", table(HEADER, *bad).encode(), 1, 0, 0, 9),
        Oddity(
            f"断行_{STAMP}.csv", "a torn row, trailing commas, an open quote", table(HEADER, *torn).encode(), 5, 0, 0, 1
        ),
        Oddity(
            f"词包_{STAMP}.csv",
            "a word package beside a word",
            table(HEADER, row(1), row(2, **{"词类型": "关键词包"})).encode("gb18030"),
            2,
        ),
    ]


def columns() -> list[Oddity]:
    aliases = "日期,推广计划名称,商品id,词名称,展现量,点击量,总花费,ROI"
    unknown = HEADER + ",平台补贴金额,某个新指标"
    plan_report = "日期,计划ID,计划名字,日预算,展现量,点击量,花费"
    priced = "日期,计划ID,计划名称,单元ID,单元名称,关键词ID,关键词,展现量,点击量,花费,出价,平均展现排名,日预算"
    priced_rows = [
        "2023-02-01,90000000001,模拟计划A,80000000001,模拟单元A,500123400001,模拟词1,1000,24,46.08,1.20,3.5,300",
        "2023-02-01,90000000002,模拟计划B,80000000002,模拟单元B,500123400002,模拟词2,1000,24,46.08,1.10,0,不限",
    ]
    scored = OLD_HEADER + ",质量得分,计算机出价,移动出价,平均展现排名"
    scored_rows = [old_row(1) + ",9,1.50,1.20,3.5", old_row(2) + ",-,1.40,1.10,-"]
    broad = "90000000001,80000000001,600123400001,500123400001,模拟词1,16,1.20,8,已删除"
    plans = "日期,计划ID,计划名字,出价方式,日预算,预算类型,最低出价,最高出价"
    plan_rows = [
        "2026-07-05,90000000001,模拟计划A,手动出价,300,每日预算,0.05,99.99",
        "2026-07-05,90000000002,模拟计划B,智能出价,不限,,,",
        "2026-07-05,90000000003,模拟计划C,手动出价,-,不限,,",
    ]
    items = [
        "600123400001,模拟宝贝A,199.00,0.35,5%,100",
        "600123400002,模拟宝贝B,￥99,35%,,",
        "600123400003,模拟宝贝C,9,35,,",
    ]
    jd = "日期,营销场景,跟单SKU ID,跟单SKU名称,关键词,总费用,展现数,点击数,总订单行,总订单金额,总加购数,下单新客数"
    return [
        Oddity(
            f"别名_{STAMP}.csv",
            "other names for the same columns",
            table(aliases, "2026-07-04,模拟计划A,600123400001,模拟词1,1000,24,46.08,8.66").encode(),
            1,
        ),
        Oddity(f"未知列_{STAMP}.csv", "columns that nobody knows", table(unknown, row(1) + ",1,2").encode(), 1),
        Oddity(
            f"报表带出价_{STAMP}.csv",
            "an old report with bid, rank and budget, one of them 不限",
            table(priced, *priced_rows).encode("utf-8-sig"),
            2,
        ),
        Oddity(
            f"报表带质量分_{STAMP}.csv",
            "an old report with quality score, two bids and rank",
            table(scored, *scored_rows).encode("utf-8-sig"),
            2,
        ),
        Oddity(
            f"计划报表_{STAMP}.csv",
            "a report by plan: no words in it",
            table(plan_report, "2026-07-04,90000000001,模拟计划A,300,1000,24,46.08").encode(),
            None,
        ),
        Oddity(f"出价表_{STAMP}.csv", "a word table without dates", table(WORDS_HEADER[3:], broad).encode(), 1),
        Oddity(f"计划表_{STAMP}.csv", "不限 in two ways", table(plans, *plan_rows).encode("gb18030"), 3),
        Oddity(
            f"宝贝表_{STAMP}.csv",
            "margins as fractions and percents, one impossible",
            table("宝贝ID,宝贝名称,售价,毛利率,退款率,库存", *items).encode(),
            2,
            0,
            0,
            1,
        ),
        Oddity(
            f"京东快车_{STAMP}.csv",
            "another platform",
            table(jd, "2026-07-04,快车,100012345678,模拟宝贝A,模拟词1,46.08,1000,24,1,399.00,3,0").encode(),
            1,
        ),
    ]


def oddities() -> list[Oddity]:
    return [*containers(), *dates_and_numbers(), *rows(), *columns()]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {}
    for oddity in oddities():
        (FOLDER / oddity.name).write_bytes(oddity.content)
        expected[oddity.name] = {key: value for key, value in asdict(oddity).items() if key not in ("name", "content")}
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
