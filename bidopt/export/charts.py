"""The report's charts, as HTML fragments that expect the plotly script on the page."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bidopt.export.changes import changed_words, weightiest
from bidopt.prose import REPORT, Language, say
from bidopt.schema import UNIT

NOW, NEW, SALES = "#9AA5B1", "#1F6FEB", "#E8833A"
FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
CURVES_SHOWN = 6
CURVE_POINTS = 4
"""A word with fewer options has no curve to show."""


def history_chart(recent: pd.DataFrame, language: Language) -> str:
    """Spend and GMV by day."""
    figure = go.Figure()
    for name, colour in (("spend", NEW), ("gmv", SALES)):
        figure.add_scatter(
            x=recent["date"].dt.strftime("%Y-%m-%d").tolist(),
            y=recent[name].round(2).tolist(),
            name=say(REPORT, name, language),
            mode="lines",
            line={"color": colour, "width": 2},
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(type="date", tickformat="%m-%d")
    return html_of(figure, "history")


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


def curve_chart(words: pd.DataFrame, curves: pd.DataFrame, language: Language) -> str:
    """Expected profit against the bid for the changed words that matter most; "" where there are none."""
    shown = _telling(words, curves)
    if shown.empty:
        return ""
    columns = 3
    rows = -(-len(shown) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=shown["keyword"].tolist(), vertical_spacing=0.34 / rows
    )
    by_word = curves.sort_values("bid").groupby(list(UNIT))
    for place, word in enumerate(shown.to_dict("records")):
        curve = by_word.get_group(tuple(word[name] for name in UNIT))
        _add_curve(figure, word, curve, {"row": place // columns + 1, "col": place % columns + 1})
    figure.update_xaxes(title={"text": say(REPORT, "bid", language), "standoff": 4, "font": {"size": 11}})
    return html_of(figure, "curves", height=60 + 230 * rows)


def _telling(words: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    options = curves.groupby(list(UNIT), as_index=False).agg(options=("bid", "size"))
    changed = changed_words(words).merge(options, on=list(UNIT))
    return weightiest(changed[changed["options"] >= CURVE_POINTS], CURVES_SHOWN)


def _add_curve(figure: Any, word: dict[Any, Any], curve: pd.DataFrame, cell: dict[str, int]) -> None:
    bids, profit = curve["bid"].round(2), curve["profit"].round(2)
    line = {"color": NEW, "width": 2}
    figure.add_scatter(x=bids.tolist(), y=profit.tolist(), mode="lines", line=line, showlegend=False, **cell)
    for bid, fill in ((word["bid_now"], "white"), (word["bid_new"], NEW)):
        nearest = (curve["bid"] - bid).abs().idxmin()
        marker = {"size": 10, "color": fill, "line": line}
        figure.add_scatter(
            x=[bids[nearest]], y=[profit[nearest]], mode="markers", marker=marker, showlegend=False, **cell
        )


def html_of(figure: Any, div_id: str, height: int = 320) -> str:
    """The chart without the script; `div_id` is fixed so that the same plan makes the same bytes."""
    figure.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 8, "r": 8, "t": 52, "b": 8},
        font={"family": FONT, "size": 12},
        legend={"orientation": "h", "yref": "container", "y": 1, "yanchor": "top", "x": 1, "xanchor": "right"},
        hovermode="x unified" if div_id == "history" else "closest",
    )
    figure.update_yaxes(automargin=True)
    figure.update_xaxes(automargin=True)
    fragment = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=div_id, config={"displayModeBar": False, "responsive": True}
    )
    return str(fragment)
