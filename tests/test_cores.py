"""Work side by side: the same bytes, and the same errors, as one after the other."""

from pathlib import Path

import numpy as np
import pytest

from bidopt import cores, nightly
from bidopt.curves.laws import Count
from runs import tree
from simulated import shop, workspace_with


def test_threads_change_no_byte_of_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played, made = shop("lognormal", 60, 25), []
    for name, many in (("inline", 10**9), ("threads", 1)):
        monkeypatch.setattr(cores, "MANY_WORDS", many)
        monkeypatch.setattr(cores, "MANY_ROWS", many)
        workspace = workspace_with(tmp_path / name, played.exports)
        nightly.run(workspace, played.day, lambda _: None)
        made.append({path: content for path, content in tree(workspace.root).items() if path != "data/seen.json"})
    assert made[0] == made[1]


@pytest.mark.parametrize("size", [0, 1])
def test_what_goes_wrong_is_raised_where_the_result_is_asked_for(size: int) -> None:
    with cores.pool(size, 1) as pool:
        failed = pool.submit(int, "x")
        assert pool.submit(int, "7").result() == 7
        with pytest.raises(ValueError, match="invalid literal"):
            failed.result()


def test_a_count_of_unknown_scatter_ends_the_search() -> None:
    law = Count(np.array([3.0, 3.0, 3.0]), np.array([np.nan, np.inf, 4.0]))
    assert law.quantile(0.9)[2] == 6
