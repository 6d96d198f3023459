"""What can go wrong that a person can mend.

    BidoptError            1  internal
    ├── UsageError         2  wrong options
    │   └── SettingsError  2  bidopt.toml: which key, which line
    ├── DataError          3  data refused, no plan made: yesterday's bids stand
    │   └── FileRefused    3  one export that cannot be read
    ├── WorkspaceBusy      4  another process holds the workspace
    └── StalePlan          5  the plan no longer fits the bids in force

Each class knows its exit code; each instance says what is wrong (`message`) and what to do (`hint`).
"""


class BidoptError(Exception):
    """An expected failure: one clear message and the mend, never a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(BidoptError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class DataError(BidoptError):
    exit_code = 3


class FileRefused(DataError):
    pass


class WorkspaceBusy(BidoptError):
    exit_code = 4


class StalePlan(BidoptError):
    exit_code = 5
