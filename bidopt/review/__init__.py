"""What a person overrules of a run in its workbook: read back, checked against the limits, kept in the ledger."""

from bidopt.review.overruled import Overruled, of_ledger
from bidopt.review.reading import read
from bidopt.review.run import Reviewed, budgets_of, load

__all__ = ["Overruled", "Reviewed", "budgets_of", "load", "of_ledger", "read"]
