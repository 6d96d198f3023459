"""A what-if's frontier as one self-contained page."""

from typing import Any

from markupsafe import Markup

from bidopt.export.charts import frontier_chart, script
from bidopt.export.report import environment
from bidopt.prose import Language, terminal


def frontier_html(told: dict[str, Any], language: Language) -> str:
    """The page: profit and GMV by budget with their 80 % intervals, today and the budgets that matter marked."""
    charts = [Markup(frontier_chart(told, name, language)) for name in ("profit", "gmv")] if told["scenarios"] else []
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
            plotly=Markup(script()),
        )
    )
