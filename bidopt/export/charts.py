"""The report's charts, as HTML fragments that expect the plotly script on the page."""

from importlib.resources import files
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bidopt.prose import FIGURE, REPORT, Language, phrase, say, terminal

NOW, NEW, SALES, RATIO = "#9AA5B1", "#1F6FEB", "#E8833A", "#2D8A56"
BAND = "rgba(31,111,235,0.12)"
FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
TOP_LEGEND = {"orientation": "h", "yref": "container", "y": 1, "yanchor": "top", "x": 1, "xanchor": "right"}


def script() -> str:
    """plotly.js, the smallest of its official bundles: lines, points and bars (MIT, assets/LICENSE.plotly)."""
    return files("bidopt.export").joinpath("assets/plotly-basic.min.js").read_text("utf-8")


def trend_chart(recent: pd.DataFrame, head: dict[str, Any], language: Language) -> str:
    """Spend and GMV by day above, ROI below, and what the plan expects of its day with its 80 % intervals."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06)
    days = recent["date"].dt.strftime("%Y-%m-%d").tolist()
    roi = recent["final_gmv"] / recent["spend"].where(recent["spend"] > 0)
    lines = (("spend", recent["spend"], NEW, 1), ("gmv", recent["final_gmv"], SALES, 1), ("roi", roi, RATIO, 2))
    for name, values, colour, row in lines:
        figure.add_scatter(
            x=days,
            y=_plain(values),
            name=say(FIGURE, name, language),
            mode="lines",
            line={"color": colour},
            row=row,
            col=1,
        )
        figure.add_scatter(
            x=[head["date"]],
            y=[head["expected"][name]],
            error_y=_ends(head["expected"], name, colour),
            marker={"size": 9, "symbol": "diamond", "color": colour},
            mode="markers",
            name=phrase("new", language),
            legendgroup="new",
            showlegend=name == "spend",
            row=row,
            col=1,
        )
    figure.add_scatter(
        x=days,
        y=_plain(recent["gmv"]),
        name=phrase("gmv_reported", language),
        mode="lines",
        line={"color": SALES, "dash": "dot", "width": 1},
        row=1,
        col=1,
    )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(type="date", tickformat="%m-%d")
    return html_of(figure, "history", height=400, hovermode="x unified")


def campaign_chart(words: pd.DataFrame, language: Language) -> str:
    """Spend and profit of each campaign, at today's bids and the plan's."""
    names = words.groupby("campaign_id")["campaign_name"].first()
    sums = words.groupby("campaign_id")[["now_spend", "new_spend", "now_profit", "new_profit"]].sum().round(2)
    labels = [name or campaign for campaign, name in names.items()]
    titles = [say(REPORT, name, language) for name in ("spend", "profit")]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.04)
    for place, figure_name in enumerate(("spend", "profit"), 1):
        for when, colour in (("now", NOW), ("new", NEW)):
            figure.add_bar(
                y=labels,
                x=sums[f"{when}_{figure_name}"].tolist(),
                name=say(REPORT, when, language),
                orientation="h",
                marker_color=colour,
                showlegend=place == 1,
                row=1,
                col=place,
            )
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(bargap=0.3)
    return html_of(figure, "campaigns", height=110 + 48 * len(labels))


def frontier_chart(
    told: dict[str, Any], name: str, language: Language, plan: dict[str, float] | None = None, div_id: str = ""
) -> str:
    """Figure `name` by budget with its 80 % interval, the budgets that matter, today, and what the plan expects."""
    budgets = [one["budget"] for one in told["scenarios"]]
    low, mean, high = ([one["expected"][f"{name}{end}"] for one in told["scenarios"]] for end in ("_low", "", "_high"))
    colour = NEW if name == "profit" else SALES
    figure = go.Figure()
    band = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    figure.add_scatter(x=budgets, y=low, **band)
    figure.add_scatter(x=budgets, y=high, fill="tonexty", fillcolor=BAND, **band)
    figure.add_scatter(x=budgets, y=mean, mode="lines+markers", name=terminal(name, language), line={"color": colour})
    dots = [(terminal("today", language), told["current"], told["current"]["spend"], "white")]
    if plan:
        dots.append((phrase("new", language), plan, told["points"]["plan"], colour))
    for label, figures, at, fill in dots:
        marker = {"size": 12, "color": fill, "line": {"color": NOW if fill == "white" else colour, "width": 2}}
        figure.add_scatter(x=[at], y=[figures[name]], mode="markers", name=label, marker=marker)
    for place, (point, budget) in enumerate(told["points"].items()):
        if budget is not None and budgets[0] <= budget <= budgets[-1]:
            text, height = terminal(f"point_{point}", language), 1 - 0.07 * place
            figure.add_vline(x=budget, line={"color": NOW, "width": 1, "dash": "dot"})
            figure.add_annotation(x=budget, y=height, yref="paper", text=text, showarrow=False, xanchor="left")
    figure.update_xaxes(title=terminal("budget", language))
    figure.update_yaxes(title=terminal(name, language))
    return html_of(figure, div_id or name, height=380)


def week_chart(days: list[dict[str, Any]], language: Language) -> str:
    """Spend and GMV of the last week by day: forecast, and as they came."""
    dates = [f"{day['date']:%Y-%m-%d}" for day in days]
    names = [name for name in ("spend", "gmv") if days and name in days[0]["came"]]
    titles = [say(REPORT, name, language) for name in names]
    figure = make_subplots(rows=1, cols=max(len(names), 1), subplot_titles=titles, horizontal_spacing=0.12)
    for place, name in enumerate(names, 1):
        for when, colour in (("said", NOW), ("came", NEW if name == "spend" else SALES)):
            figure.add_bar(
                x=dates,
                y=[day[when][name] for day in days],
                name=phrase(f"week_{when}", language),
                marker_color=colour,
                showlegend=place == 1,
                row=1,
                col=place,
            )
    figure.update_xaxes(type="date", tickformat="%m-%d", dtick=86400000.0)
    figure.update_layout(bargap=0.35)
    return html_of(figure, "week", height=260)


def _plain(values: "pd.Series[float]") -> list[float | None]:
    return [None if pd.isna(value) else round(float(value), 2) for value in values]


def _ends(figures: dict[str, float], name: str, colour: str) -> dict[str, Any]:
    """The 80 % interval of a forecast as error bars."""
    mean, low, high = (figures[f"{name}{end}"] for end in ("", "_low", "_high"))
    up, down = max(high - mean, 0.0), max(mean - low, 0.0)
    return {"type": "data", "symmetric": False, "array": [up], "arrayminus": [down], "color": colour, "thickness": 1.5}


def html_of(figure: Any, div_id: str, height: int = 320, hovermode: str = "closest") -> str:
    """The chart without the script; `div_id` is fixed so that the same plan makes the same bytes."""
    figure.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 8, "r": 8, "t": 52, "b": 8},
        font={"family": FONT, "size": 12},
        legend=TOP_LEGEND,
        hovermode=hovermode,
    )
    figure.update_yaxes(automargin=True)
    figure.update_xaxes(automargin=True)
    fragment = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=div_id, config={"displayModeBar": False, "responsive": True}
    )
    return str(fragment)
