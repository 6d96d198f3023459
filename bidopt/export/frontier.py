"""A what-if's frontier as one self-contained page."""

from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from bidopt.export.charts import NEW, NOW, SALES, html_of
from bidopt.export.report import environment
from bidopt.prose import Language, terminal


def frontier_html(told: dict[str, Any], language: Language) -> str:
    """The page: profit and GMV by budget with their 80 % intervals, today and the budgets that matter marked."""
    charts = [Markup(_chart(told, name, language)) for name in ("profit", "gmv")] if told["scenarios"] else []
    return (
        environment(language)
        .get_template("frontier.html")
        .render(
            title=terminal("whatif", language, date=told["date"], run_id=told["run_id"]),
            language=language,
            charts=charts,
            told=[
                terminal(f"told_{name}", language, budget=f"{budget:,.0f}")
                for name, budget in told["points"].items()
                if budget is not None and name != "plan"
            ],
            plotly=Markup(get_plotlyjs()),
        )
    )


def _chart(told: dict[str, Any], name: str, language: Language) -> str:
    budgets = [one["budget"] for one in told["scenarios"]]
    low, mean, high = ([one["expected"][f"{name}{end}"] for one in told["scenarios"]] for end in ("_low", "", "_high"))
    colour = NEW if name == "profit" else SALES
    figure = go.Figure()
    band = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    figure.add_scatter(x=budgets, y=low, **band)
    figure.add_scatter(x=budgets, y=high, fill="tonexty", fillcolor="rgba(31,111,235,0.12)", **band)
    figure.add_scatter(x=budgets, y=mean, mode="lines+markers", name=terminal(name, language), line={"color": colour})
    current = told["current"]
    marker = {"size": 11, "color": "white", "line": {"color": NOW, "width": 2}}
    today = terminal("today", language)
    figure.add_scatter(x=[current["spend"]], y=[current[name]], mode="markers", name=today, marker=marker)
    for place, (point, budget) in enumerate(told["points"].items()):
        if budget is not None and budgets[0] <= budget <= budgets[-1]:
            text, height = terminal(f"point_{point}", language), 1 - 0.07 * place
            figure.add_vline(x=budget, line={"color": NOW, "width": 1, "dash": "dot"})
            figure.add_annotation(x=budget, y=height, yref="paper", text=text, showarrow=False, xanchor="left")
    figure.update_xaxes(title=terminal("budget", language))
    figure.update_yaxes(title=terminal(name, language))
    return html_of(figure, name, height=380)
