"""The languages that bidopt speaks."""

from typing import Literal

Language = Literal["zh", "en"]
