"""Many shops' night, as the terminal and a page of its own tell it."""

import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bidopt.export.report import environment
from bidopt.prose import Language, fleet, joined, number

Facts = dict[str, Any]
COLUMNS = ("shop", "state", "spend", "gmv", "changes", "needs")


def fleet_language(told: Facts) -> Language:
    """The one that most shops are told in."""
    spoken: Counter[Language] = Counter(shop["language"] for shop in told["shops"] if "language" in shop)
    return spoken.most_common(1)[0][0] if spoken else "zh"


def fleet_lines(told: Facts, language: Language) -> list[str]:
    """In sentences, from the facts of `fleet.json`: how many have a plan, what those bring, how the cap was split."""
    count = len(told["shops"])
    lines = [fleet("counts", language, all=count, made=count - told["without_plan"], without=told["without_plan"])]
    if count > told["without_plan"]:
        sums = {
            f"{name}_{end}": number(told["totals"][side][name])
            for name in ("spend", "gmv", "profit")
            for side, end in (("current", "now"), ("expected", "new"))
        }
        lines.append(fleet("totals", language, **sums))
    return lines + ([_cap_line(told["total_cap"], language)] if told["total_cap"] else [])


def fleet_rows(told: Facts, language: Language) -> list[tuple[str, ...]]:
    """A row a shop, in the order of `fleet.json`, with the columns `COLUMNS`."""
    return [(fleet_name(shop), *_figures(shop, language), fleet_needs(shop, language)) for shop in told["shops"]]


def fleet_name(shop: Facts) -> str:
    """The shop's name, and its folder's where that says more."""
    folder = Path(shop["workspace"]).name
    return folder if folder == shop["shop"] else f"{shop['shop']} ({folder})"


def fleet_needs(shop: Facts, language: Language) -> str:
    """What a person has to look at, "" where nothing."""
    said = [shop["message"]] if shop["message"] else []
    said += shop.get("gates", [])
    counts = {"critical": shop.get("alerts", {}).get("critical", 0), "refused": len(shop.get("refused", ()))}
    said += [fleet(name, language, count=count) for name, count in counts.items() if count]
    return joined(said, language)


def fleet_html(told: Facts, folder: Path, language: Language) -> str:
    """The page that lies in `folder`; its links lead to the shops' reports."""
    links = [_link(shop, folder) for shop in told["shops"]]
    return (
        environment(language)
        .get_template("fleet.html")
        .render(
            language=language,
            title=fleet("title", language, day=told["day"] or told["today"]),
            lines=fleet_lines(told, language),
            headers=[fleet(name.removeprefix(""), language) for name in COLUMNS],
            report=fleet("report", language),
            rows=list(zip(told["shops"], links, fleet_rows(told, language), strict=True)),
        )
    )


def _figures(shop: Facts, language: Language) -> tuple[str, ...]:
    state = fleet(shop["status"], language)
    if "expected" not in shop:
        return state, "", "", ""
    moved = (f"{number(shop['current'][name])}→{number(shop['expected'][name])}" for name in ("spend", "gmv"))
    return state, *moved, f"{shop['changes']['bids']}/{shop['changes']['budgets']}"


def _cap_line(cap: Facts, language: Language) -> str:
    amounts = {name: number(cap[name]) for name in ("total", "shared")} | {"held": number(sum(cap["held"].values()))}
    if cap["bound"] is None:
        return fleet("total_steep", language, **amounts)
    told = {"price": number(cap["shadow_price"], ".3f"), "gap": number(cap["gap"], ".3%")}
    return fleet("total_cap", language, **amounts, **told)


def _link(shop: Facts, folder: Path) -> str:
    """To the report, relative so that the folders can be moved together; "" where there is none."""
    if "run_dir" not in shop:
        return ""
    report = Path(shop["run_dir"]) / "report.html"
    try:
        return quote(Path(os.path.relpath(report, folder)).as_posix())
    except ValueError:  # Windows: on another drive
        return report.as_uri()
