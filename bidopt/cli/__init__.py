"""The command line: thin over the library, with one boundary where failures become messages.

Nothing heavy is imported before a command runs, so that `bidopt --help` answers at once.
"""

import io
import sys
from typing import Annotated, Any

import typer

from bidopt import __version__
from bidopt.cli import (
    backtest,
    console,
    demo,
    export,
    fleet,
    imports,
    init,
    nightly,
    schedule,
    show,
    status,
    uploads,
    whatif,
)  # fmt: skip
from bidopt.errors import BidoptError, UsageError

WrongUsage: Any = typer.BadParameter.__base__
"""What Typer raises for wrong options; it exports only this one's kin."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("import")(imports.import_)
app.command("nightly")(nightly.nightly)
app.command("whatif")(whatif.whatif)
app.command("show")(show.show)
app.command("export")(export.export)
app.command("confirm")(uploads.confirm)
app.command("rollback")(uploads.rollback)
app.command("backtest")(backtest.backtest)
app.command("status")(status.status)
app.command("schedule")(schedule.schedule)
app.command("fleet")(fleet.fleet)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"bidopt {__version__}")
        raise typer.Exit


@app.callback()
def bidopt(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Nightly keyword bids and budgets for Taobao/Tmall search advertising.

    直通车 / 万相台无界 关键词推广：每晚算出明天的出价和日预算。

    \b
    Start here:
      bidopt demo              a simulated shop, its night and the report
      bidopt init my-shop      an empty folder for your own shop

    \b
    Exit codes: 0 done, 1 internal error, 2 wrong usage or settings, 3 data refused,
    4 the workspace is busy, 5 the plan is stale. --debug anywhere shows the trace of a failure.
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    _never_fail_to_print()
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        sys.exit(app(arguments or ["--help"], prog_name="bidopt", standalone_mode=False))
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        console.tell_failure(_expected(error), as_json="--json" in arguments)
        sys.exit(_expected(error).exit_code)


def _expected(error: Exception) -> BidoptError:
    """`error` as one that has a message for people."""
    if isinstance(error, BidoptError):
        return error
    if isinstance(error, WrongUsage):
        command = error.ctx.command_path if error.ctx else "bidopt"
        return UsageError(f"用法不对 / wrong usage: {error.format_message()}", f"用法 / usage: {command} --help")
    if isinstance(error, OSError):
        what = f"{error.filename or ''} {error.strerror or error}".strip()
        return BidoptError(
            f"读写失败 / cannot read or write: {what}", "检查磁盘空间和权限 / check free space and permissions"
        )
    return BidoptError(f"内部错误 / internal error: {type(error).__name__}: {error}", "详情 / details: --debug")


def _never_fail_to_print() -> None:
    """A console that cannot show a character shows ? instead of ending the run (GBK on Chinese Windows)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
