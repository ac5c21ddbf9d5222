"""The command line as typer reads it, with help and completion.

Its parameters are made of what `mreg.cli.parameters` declares; `mreg.cli.mistakes` words what is
wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from inspect import Parameter as Taken
from inspect import Signature
from typing import Annotated, Any, cast

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError
from typer._click.exceptions import UsageError as BadUsage
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from mreg.cli import completion, examples, foreign, parameters
from mreg.cli.commands import ALIASES, COMMANDS, GROUPS, PANELS, PLUMBING, load, package
from mreg.cli.exits import DONE, USAGE
from mreg.cli.failures import close_output, complain
from mreg.cli.mistakes import ForeignWord, GivenTwice, UnknownCommand, explained
from mreg.cli.parameters import Argument, Call, Completer, Flag, InContext, Option


class Command(TyperCommand):
    """A command whose options may be given once, unless they take several values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options and arguments; refuse an option of one value that is given twice.

        The last would count, without a word of the others. A flag may be given again: it says no
        more then, or takes back what an alias of the shell says.
        """
        if not ctx.resilient_parsing:
            try:
                _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            except BadUsage as error:
                error.ctx = error.ctx or ctx
                raise
            for it, times in Counter(order).items():
                if times > 1 and isinstance(it, TyperOption) and not (it.multiple or it.is_flag):
                    raise GivenTwice(it.opts[0], times, ctx)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the usage line's words: in brackets what may be left out, in braces a choice."""
        needed: frozenset[str] = cast("Any", self.callback).needed

        def shown(piece: str) -> str:
            word = piece[1:-1]
            if word not in needed and not piece.startswith("{"):
                return piece
            return f"{{{word}}}" if "|" in word else word

        return [shown(it) for it in super().collect_usage_pieces(ctx)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, and the command's examples under it."""
        for it in self.params:
            if isinstance(it, TyperArgument):
                it.type = _without_name(it.type)
        super().format_help(ctx, formatter)
        if lines := cast("Any", self.callback).examples:
            typer.echo(" Examples\n" + "".join(f"   {it}\n" for it in lines))


def _without_name(kind: Any) -> Any:
    """Return a type that the help does not print: `<str>` is a word of Python's."""
    unnamed = copy(kind)
    unnamed.get_metavar = lambda **_: ""
    return unnamed


class LazyGroup(TyperGroup):
    """The group of all commands, or one of them; each is loaded when it is asked for."""

    prefix = ""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names, but for the plumbing at the top."""
        if self.prefix:
            return [it.removeprefix(self.prefix) for it in COMMANDS if it.startswith(self.prefix)]
        listed = [it for panel in PANELS if panel != PLUMBING for it in PANELS[panel].split()]
        return [*listed, "help"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command, or make a group."""
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        if cmd_name in GROUPS and not self.prefix:
            app.callback(cls=_Group.named(cmd_name), **_LOOK)(_group(cmd_name))
            found = typer.main.get_group(app)
            found.name = cmd_name
            return found
        if not self.prefix:
            cmd_name = ALIASES.get(cmd_name, (cmd_name,))[0]
        whole = f"{self.prefix}{cmd_name}"
        if whole not in COMMANDS or cmd_name != cmd_name.strip():
            return None
        panel = None if self.prefix else COMMANDS[whole].panel
        app.command(cmd_name, rich_help_panel=panel, no_args_is_help=False, cls=Command)(
            _reader(load(whole))
        )
        return typer.main.get_command(app)

    def invoke(self, ctx: Any) -> Any:
        """Read what the command was given; or print its help."""
        if self.prefix:
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            close_output()
            return DONE

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed."""
        if args and not self.prefix and (found := foreign.explained(args[0], args[1:])):
            raise ForeignWord(*found)
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class _Group(LazyGroup):
    """A group of commands within the group of all."""

    @classmethod
    def named(cls, name: str) -> type[LazyGroup]:
        """Return the class of the group of some name."""
        return type(cls.__name__, (cls,), {"prefix": f"{name} "})


_LOOK: Any = {"no_args_is_help": True}


def _group(name: str) -> Callable[[], None]:
    """Return what typer takes for a group: it does nothing but say what the group is."""
    from importlib import import_module

    def group() -> None:
        pass

    group.__doc__ = import_module(f"mreg.cli.{package(name)}").__doc__
    return group


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


def read(words: Sequence[str] | None = None) -> Call | int:
    """Read a command line; what asks for no command is answered.

    Args:
        words: what stands behind `mreg`; None: what this process was started with.

    Returns:
        The call; or the exit code if there is none, since help or what is wrong was printed.

    Raises:
        MregError: one of the values is wrong.
    """
    completion.set_up()
    group = typer.main.get_command(app)
    try:
        return cast("Call | int", group(words, prog_name="mreg", standalone_mode=False))
    except ForeignWord as error:
        complain(error.message, error.hint)
        return USAGE
    except ClickException as error:
        _explain(error)
        return USAGE


def _reader(command: Callable[..., None]) -> Callable[..., Call]:
    """Return what typer takes for the command: it returns the call."""

    def read(context: typer.Context, **arguments: Any) -> Call:
        given = frozenset(name for name in arguments if _on_command_line(context, name))
        return Call(command, arguments, given)

    known = parameters.of(command)
    taken = [_taken(it) for it in known]
    arguments = (it.said for it in known if isinstance(it.said, Argument))
    cast("Any", read).needed = frozenset(it.metavar for it in arguments if it.needed)
    context = Taken("context", Taken.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    said = examples.of(command)
    read.__doc__, cast("Any", read).examples = said.text, said.examples
    cast("Any", read).__signature__ = Signature([context, *taken])
    return read


def _on_command_line(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _taken(it: parameters.Parameter) -> Taken:
    """Return a parameter as typer wants it declared."""
    default = Taken.empty if it.default is parameters.REQUIRED else it.default
    kind: Any = Annotated[it.kind, _info(it.said)]
    return Taken(it.name, Taken.KEYWORD_ONLY, default=default, annotation=kind)


def _info(said: Argument | Option | Flag) -> Any:
    if isinstance(said, Flag):
        return typer.Option(*said.flags.split(), help=said.help, show_default=said.show_default)
    shared: dict[str, Any] = {
        "metavar": said.metavar,
        "help": said.help,
        "show_default": said.show_default,
        "autocompletion": _completion(said.complete) if said.complete else None,
    }
    if isinstance(said, Argument):
        return typer.Argument(**shared)
    return typer.Option(
        *said.flags.split(),
        envvar=said.envvar,
        parser=said.parse,
        min=said.min,
        max=said.max,
        hidden=said.hidden,
        callback=_refuse_empty if said.repeated else None,
        **shared,
    )


def _completion(complete: Completer | InContext) -> Callable[..., list[str]]:
    def completed(context: typer.Context, incomplete: str) -> list[str]:
        repo = context.params.get("repo") or "."
        if isinstance(complete, InContext):
            return complete.complete(repo, incomplete, context.params)
        return complete(repo, incomplete)

    return completed


def _refuse_empty(
    context: typer.Context, param: typer.CallbackParam, named: str | None
) -> str | None:
    """Refuse nothing at all, such as an unset variable leaves: it names nothing."""
    if not named and _on_command_line(context, str(param.name)):
        raise typer.BadParameter("it is empty")
    return named


def _explain(error: ClickException) -> None:
    """Say what is wrong with the options and arguments; without any, print the help."""
    if isinstance(error, NoArgsIsHelpError):
        typer.echo(error.format_message(), err=True)
    else:
        complain(*explained(error))
