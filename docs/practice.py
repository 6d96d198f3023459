"""A platform to practise on: exports of a simulated shop, and of the morning after its plan was uploaded.

`python docs/practice.py downloads` writes a first delivery into the folder `downloads`;
`python docs/practice.py tomorrow --shop my-shop` plays the day of my-shop's newest plan and writes the next morning's.
"""

import argparse
import sys
from pathlib import Path

from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec

SPEC = MarketSpec(family="lognormal", seed=11, words=80, history_days=45)
RESTATED = 15
"""Days that the next morning's report covers: as long as conversions go on arriving."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path, help="where the exports go")
    asked.add_argument("--shop", type=Path, help="the workspace whose newest plan was uploaded")
    given = asked.parse_args()
    market = Market(SPEC)
    market.play_history()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.shop is None:
        written = market.write_history_exports(given.folder)
    else:
        runs = given.shop / "runs"
        run_id = (runs / "latest").read_text("utf-8").strip()
        if not run_id.startswith(market.next_day.isoformat()):
            sys.exit(f"{run_id}: the practice platform only plays {market.next_day}")
        market.play(market.next_day, *market.apply_plan(runs / run_id))
        written = market.write_exports(given.folder, market.next_day, since_days=RESTATED)
    for path in sorted(written):
        print(path.as_posix())


if __name__ == "__main__":
    main()
