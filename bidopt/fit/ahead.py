"""What the models of one day say of another."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from bidopt.fit.calendar import Calendar
from bidopt.fit.models import FittedModels
from bidopt.fit.prices import dearer


def ahead(models: FittedModels, day: dt.date) -> FittedModels:
    """The same beliefs for another day: its calendar factors in place of those of `models.day`."""

    def change(calendar: Calendar) -> float:
        there, here = (calendar.factor(pd.DatetimeIndex([pd.Timestamp(d)]))[0] for d in (day, models.day))
        return float(there / here)

    demand = models.words["demand"] * change(models.demand_calendar)
    cvr = np.minimum(models.words["cvr"] * change(models.cvr_calendar), 1.0)
    landscape = dearer(models.landscape, change(models.price_calendar))
    words = models.words.assign(demand=demand, cvr=cvr, location=landscape.standing.location)
    return replace(models, day=day, landscape=landscape, words=words)
