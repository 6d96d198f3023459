"""What every command takes, and what is wrong with a path that a person named."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.errors import UsageError

if TYPE_CHECKING:
    from bidopt.workspace import Workspace

WorkspaceOption = Annotated[
    Path, typer.Option("-w", "--workspace", metavar="DIR", help="The shop's folder.", show_default="this folder")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
HERE = Path()


def workspace_at(folder: Path) -> "Workspace":
    """The workspace in `folder`; UsageError where there is none."""
    from bidopt.workspace import Workspace

    with named(folder):
        return Workspace(folder).require()


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Make what the system says against `path` a UsageError; a full disk is nobody's wrong usage."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UsageError(
            f"{path} 不能用 / cannot be used: {error.strerror}.", "换个路径 / name another path."
        ) from None
