"""How near the models came: forecasts of past mornings against what came."""

from bidopt.backtest.report import (
    card_section,
    drawn_line,
    facts,
    head_line,
    newest,
    publish,
    tables,
    week_line,
    with_backtest,
)
from bidopt.backtest.rolling import Backtest, backtest
from bidopt.backtest.trial import Present
from bidopt.backtest.week import HORIZON, Sum, Week, newest_week, week_ago, week_since

__all__ = [
    "HORIZON",
    "Backtest",
    "Present",
    "Sum",
    "Week",
    "backtest",
    "card_section",
    "drawn_line",
    "facts",
    "head_line",
    "newest",
    "newest_week",
    "publish",
    "tables",
    "week_ago",
    "week_line",
    "week_since",
    "with_backtest",
]
