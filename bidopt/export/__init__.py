"""What goes out of a run: change lists by channel layout, the workbook, the report page.

Every function takes the frames of a run and returns content; nothing here writes a file.

`words` is the frame of `recommendations.parquet` with `scene_name`, `word_type` and `quality_score` beside,
`budgets` has one row a campaign: `campaign_id, campaign_name, budget_type, budget_now, budget_new, reason`,
money in yuan, budget_now inf = 不限 and NaN = not known.
"""

from bidopt.export.background import Background, background, other_budgets
from bidopt.export.changes import changed_budgets, changed_words, weightiest
from bidopt.export.fleet import COLUMNS as FLEET_COLUMNS
from bidopt.export.fleet import fleet_html, fleet_language, fleet_lines, fleet_name, fleet_rows
from bidopt.export.report import held_back, notes, report_html
from bidopt.export.scorecard import scorecard_html, scorecard_lines, scorecard_rows
from bidopt.export.simba import simba_json
from bidopt.export.workbook import workbook
from bidopt.export.wujie import bids_csv, budgets_csv, read_budgets, rollback_bids_csv, rollback_budgets_csv

__all__ = [
    "FLEET_COLUMNS",
    "Background",
    "background",
    "bids_csv",
    "budgets_csv",
    "changed_budgets",
    "changed_words",
    "fleet_html",
    "fleet_language",
    "fleet_lines",
    "fleet_name",
    "fleet_rows",
    "held_back",
    "notes",
    "other_budgets",
    "read_budgets",
    "report_html",
    "rollback_bids_csv",
    "rollback_budgets_csv",
    "scorecard_html",
    "scorecard_lines",
    "scorecard_rows",
    "simba_json",
    "weightiest",
    "workbook",
]
