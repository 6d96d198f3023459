"""The shop's history: Parquet files that are never changed, and a pointer to those that count."""

from bidopt.store.history import (
    MOST_DAYS,
    Confirmed,
    History,
    Input,
    missing_inputs,
    newest_complete_day,
    newest_tables,
    read_history,
)
from bidopt.store.imports import import_files, import_inbox
from bidopt.store.lookup import of_campaigns
from bidopt.store.summary import FileSummary, ImportSummary
from bidopt.store.tables import bids_in_force, budgets_in_force, in_force, places
from bidopt.store.totals import newest_totals

__all__ = [
    "MOST_DAYS",
    "Confirmed",
    "FileSummary",
    "History",
    "ImportSummary",
    "Input",
    "bids_in_force",
    "budgets_in_force",
    "import_files",
    "import_inbox",
    "in_force",
    "missing_inputs",
    "newest_complete_day",
    "newest_tables",
    "newest_totals",
    "of_campaigns",
    "places",
    "read_history",
]
