"""The command line: the commands, and what happens when one fails.

A command's module is loaded when the command is called, so that start-up does not grow with their
number.
"""

from __future__ import annotations

import gc
import os
import re
import shlex
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from io import TextIOWrapper, UnsupportedOperation
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn, TextIO, cast

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError, NoSuchOption
from typer._click.exceptions import UsageError as BadUsage
from typer.core import TyperCommand, TyperGroup, TyperOption

from mreg.cli import completion
from mreg.errors import MregError, UsageError

DONE, REFUSED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit codes."""


class CommandEntry(NamedTuple):
    """Where a command is.

    Attributes:
        module: the module in this package; its function of the same name is the command.
        panel: the group under which the help lists it.
    """

    module: str
    panel: str


PANELS = {
    "Look up": "show describe history stages diff compare best lineage changelog export search",
    "Register and promote": "register promote demote rollback deregister deprecate",
    "Agree": "approve reject pending policy verify audit hook",
    "Use": "get env",
    "Say what it is": "init annotate remove",
    "Share": "push fetch undo cache",
    "Deploy": "ci notify watch",
    "Check": "check-ref parse-tag doctor validate schema",
}
"""The commands under the headings of the help, in its order."""

COMMANDS = {
    name: CommandEntry(name.replace("-", "_"), panel)
    for panel, commands in PANELS.items()
    for name in commands.split()
}


ANYWHERE = ("cache", "parse-tag", "schema")
"""The commands that need no repository."""

_REPEATED = {
    option: re.compile(rf"\bmreg (?:{'|'.join(takers)})\b(?! --help)")
    for option, takers in (
        ("remote", ("push", "fetch")),
        ("repo", [it for it in COMMANDS if it not in ANYWHERE]),
    )
}
"""The options that a hint repeats, and the commands in it that take them."""


class Command(TyperCommand):
    """A command whose options may be given once, unless they take several values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options and arguments; refuse an option of one value that is given twice.

        The last would count, without a word of the others. A flag may be given again: it says no
        more then, or takes back what an alias of the shell says.
        """
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for it, times in Counter(order).items():
                if times > 1 and isinstance(it, TyperOption) and not (it.multiple or it.is_flag):
                    raise BadUsage(f"{it.opts[0]} takes one value, and is given {times} times", ctx)
        return super().parse_args(ctx, args)


class LazyGroup(TyperGroup):
    """The group of all commands; each is loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        module, panel = COMMANDS[cmd_name]
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        function = getattr(import_module(f"mreg.cli.{module}"), module)
        app.command(cmd_name, rich_help_panel=panel, no_args_is_help=False, cls=Command)(function)
        return typer.main.get_command(app)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read our output has seen enough, as in `mreg history | head`.
            close_output()
            return DONE
        except MregError as error:
            error.hint = repeating(error.hint, ctx.obj or {})
            raise
        return result

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed; the known names serve for "did you mean"."""
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from mreg import __version__

        typer.echo(f"mreg {__version__}")
        raise typer.Exit


@app.callback()
def mreg(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """A model registry in your Git repository.

    Versions and stages are annotated Git tags (`churn@v1.2.0`, `churn#prod#3`); everything else
    follows from them. Begin with `mreg register NAME`, then `mreg promote NAME prod`.
    """


def main() -> NoReturn:
    """Run the command line and exit with one of the exit codes."""
    # The process ends with the command, and its data has no cycles to speak of: looking for them
    # would take a third of the time that reading a large registry takes.
    gc.disable()
    _open_closed_streams()
    _print_any_character()
    completion.set_up()
    _choose_cache()
    with _inert_in_logs():
        _run()


def _open_closed_streams() -> None:
    """Let nothing be read from, or written to, a standard stream that the caller has closed.

    Python has None for one, and the next file that is opened would take its place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - until the process ends


@contextmanager
def _inert_in_logs() -> Iterator[None]:
    """Let no line that is printed into a pipeline's log be a command to who runs the pipeline."""
    from mreg.cli import streams

    before = sys.stdout, sys.stderr
    if streams.is_watched(os.environ):
        sys.stdout, sys.stderr = (
            it if _is_file(it) else cast("TextIO", streams.Log(it)) for it in before
        )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _is_file(stream: TextIO) -> bool:
    """Tell whether a stream is written into a file, which no CI system reads as its log."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # no file at all, or closed
        return False


def _run() -> NoReturn:
    try:
        code = typer.main.get_command(app)(standalone_mode=False)
    except ClickException as error:  # bad options and arguments
        show_usage_error(error)
        code = USAGE
    except UsageError as error:
        complain(str(error), error.hint)
        code = USAGE
    except MregError as error:
        complain(str(error), error.hint)
        code = REFUSED
    except OSError as error:  # a full disk, a file that cannot be read
        close_output()
        known = error.filename is not None and error.strerror
        complain(f"{error.filename}: {error.strerror}" if known else str(error))
        code = REFUSED
    except Exception:
        report_bug()
        code = BUG
    if code == INTERRUPTED:
        typer.echo("interrupted", err=True)
    sys.exit(code)


def _choose_cache() -> None:
    """Keep mirrors in MREG_CACHE_DIR, where that is set."""
    if chosen := os.environ.get("MREG_CACHE_DIR"):
        from mreg.system import cache

        cache.use(chosen)


def _print_any_character() -> None:
    """Let characters that the output's encoding lacks come out as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def close_output() -> None:
    """Print nothing more: standard output is of no use any longer.

    Python would complain once more when it closes it, so it gets another file to close.
    """
    with suppress(UnsupportedOperation):  # a stream that is no file, as where mreg is tested
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def repeating(hint: str, named: Mapping[str, str]) -> str:
    """Return a hint whose commands name what a user named: a repository, a remote."""
    from mreg.net import urls

    for option, takers in _REPEATED.items():
        if option in named:
            words = f" --{option} {shlex.quote(urls.mask(named[option]))}"
            hint = takers.sub(partial(_followed, words), hint)
    return hint


def _followed(words: str, found: re.Match[str]) -> str:
    return found[0] + words


def complain(message: str, hint: str = "") -> None:
    """Say on standard error what is wrong and what to do next."""
    from mreg.render.escape import block

    typer.echo(f"error: {block(message)}", err=True)
    if hint:
        typer.echo(f"hint: {block(hint)}", err=True)


def show_usage_error(error: ClickException) -> None:
    """Say what is wrong with the options and arguments; without any, print the help."""
    if isinstance(error, NoArgsIsHelpError):
        typer.echo(error.format_message(), err=True)
        return
    context = error.ctx if isinstance(error, BadUsage) else None
    if isinstance(error, NoSuchOption) and context and context.parent is None:
        complain(error.message, "options stand behind the command: mreg show --repo ../models")
        return
    hint = f"{context.command_path} --help" if context else "mreg --help"
    complain(error.format_message(), hint)


def report_bug() -> None:
    """Print what somebody who mends mreg needs to know."""
    import platform
    import traceback

    from mreg import __version__

    traceback.print_exc()
    complain(
        f"this is a bug in mreg {__version__} (Python {platform.python_version()})",
        "please report it, with the lines above",
    )
