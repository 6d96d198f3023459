"""`bidopt demo`: a simulated shop and its night."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console, init, nightly
from bidopt.cli.meter import Meter
from bidopt.cli.options import JsonOption, named

if TYPE_CHECKING:
    from bidopt.workspace import Workspace

DEFAULT = Path("bidopt-demo")
LABEL = "SIMULATED.md"
LABEL_TEXT = "这是模拟店铺，不是真实数据。\n\nThis shop is simulated: no figure in this folder is real.\n"


def demo(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder to make.", show_default=str(DEFAULT))
    ] = None,
    workspace: Annotated[Path, typer.Option("-w", "--workspace", metavar="DIR", help="The same.")] = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Make a simulated shop, run its night, show the plan. 用模拟店铺试跑一遍。

    Running it again is safe: the same exports make the same plan.

    \b
    Example:
      bidopt demo
    """
    from bidopt import nightly as job
    from bidopt.cli import plan
    from bidopt.prose import terminal
    from bidopt.simulate.demo import write_demo
    from bidopt.store import newest_totals

    root = folder or workspace
    with named(root):
        shop = prepare(root)
    language = shop.settings().shop.language
    console.progress(terminal("demo_simulated", language, root=shop.root))
    day = write_demo(shop.inbox)
    with Meter(language) as progress:
        night = job.run(shop, day, progress)
    if as_json:
        console.print_json(nightly.facts(night))
    else:
        plan.show(night.run_dir, night.head, language, newest_totals(shop, plan.DAYS_SHOWN))


def prepare(root: Path) -> "Workspace":
    """The demo's workspace at `root`, made where there is none.

    Raises
    ------
    UsageError
        When a real shop's workspace is there.
    """
    from bidopt.errors import UsageError
    from bidopt.simulate.demo import demo_settings
    from bidopt.workspace import Workspace, publish_bytes

    shop = Workspace(root)
    if not shop.settings_path.exists():
        init.make(shop.root, demo_settings())
        publish_bytes(shop.root / LABEL, LABEL_TEXT.encode())
    elif not (shop.root / LABEL).exists():
        raise UsageError(f"{shop.root} 是真实店铺 / is a real shop's.", "换个文件夹 / name another: bidopt demo DIR")
    return shop
