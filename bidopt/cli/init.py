"""`bidopt init`: an empty workspace."""

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, named

if TYPE_CHECKING:
    from bidopt.workspace import Workspace


def init(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="The folder to make.", show_default="-w")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make an empty workspace with commented settings. 新建一个店铺文件夹。

    \b
    Example:
      bidopt init my-shop
    """
    root = folder or workspace
    with named(root):
        made = make(root, template())
    if as_json:
        console.print_json({"workspace": str(made.root), "settings": str(made.settings_path)})
        return
    print(f"{made.root}\n  1. {made.settings_path.name}: daily_cap, default_margin (每日总预算、毛利率)")
    print(f"  2. {made.inbox.name}/: put the exports there (把报表放进来)\n  3. bidopt nightly -w {made.root}")


def template() -> str:
    """The commented bidopt.toml, every setting at its default."""
    return resources.files("bidopt.cli").joinpath("bidopt.toml").read_text("utf-8")


def make(root: Path, settings: str) -> "Workspace":
    """Make a workspace at `root` with `settings` as its bidopt.toml.

    Raises
    ------
    UsageError
        When there is one already.
    """
    from bidopt.errors import UsageError
    from bidopt.workspace import Workspace, publish_bytes

    made = Workspace(root)
    if made.settings_path.exists():
        raise UsageError(f"{made.root} 已是工作区，未改动 / is a workspace already.", "换个文件夹 / name another.")
    for part in (made.inbox, made.data, made.models, made.runs):
        part.mkdir(parents=True, exist_ok=True)
    publish_bytes(made.settings_path, settings.encode())
    return made
