"""From what each bid would bring to the plan of the night: bids, budgets, reasons, guard rails."""

from bidopt.recommend.decide import Decision
from bidopt.recommend.plan import SCHEMA_VERSION, Plan, make

__all__ = ["SCHEMA_VERSION", "Decision", "Plan", "make"]
