"""What a command takes: declared once, in its signature, and read in two ways.

    def stages(utc: Annotated[bool, Flag("--utc", "Show times in UTC.")] = False) -> None:

`mreg.cli.app` makes typer's parameters of these declarations, `mreg.cli.direct` reads by them what
is usual. Plain classes: named tuples would take a millisecond to make, each time mreg starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

Completer: TypeAlias = Callable[[str, str], list[str]]
"""Completes a word, in the repository at a path: `complete(repo, incomplete)`."""


class InContext:
    """Completes a word by what stands before it.

    Attributes:
        complete: does it, in the repository at a path; it is given the parameters typed so far.
    """

    def __init__(self, complete: Callable[[str, str, Mapping[str, Any]], list[str]]) -> None:
        self.complete = complete


REQUIRED: Any = ...
"""The default of what has to be given."""


class Argument:
    """A word that is known by its place; a list takes all that are left.

    Attributes:
        metavar: what stands for it in the help.
        help: what the help says of it.
        show_default: whether the help says the default; a text says it in words.
        complete: completes it.
        needed: whether the help shows it as required though it may be None: the command takes the
            words before it apart, and refuses what lacks it.
    """

    def __init__(
        self,
        metavar: str,
        help: str,
        *,
        show_default: bool | str = True,
        complete: Completer | InContext | None = None,
        needed: bool = False,
    ) -> None:
        self.metavar = metavar
        self.help = help
        self.show_default = show_default
        self.complete = complete
        self.needed = needed


class Option:
    """An option that takes a value; a list takes one each time that it is given.

    Attributes:
        flags: its names, separated by blanks: "-n --limit".
        metavar: what stands for the value in the help; None: the values that its type has.
        help: what the help says of it.
        show_default: whether the help says the default; a text says it in words.
        complete: completes the value.
        envvar: the environment variable that is the value where the option is not given.
        parse: makes the value of the text; it raises a ValueError, or one of `mreg.errors`.
        min: the least number that it may be.
        max: the greatest.
        repeated: whether the commands of a hint repeat it; it may not be empty then.
        hidden: whether the help leaves it out: it is another name of what it lists.
    """

    def __init__(
        self,
        flags: str,
        metavar: str | None,
        help: str,
        *,
        show_default: bool | str = True,
        complete: Completer | InContext | None = None,
        envvar: str | None = None,
        parse: Callable[[Any], Any] | None = None,
        min: float | None = None,
        max: float | None = None,
        repeated: bool = False,
        hidden: bool = False,
    ) -> None:
        self.flags = flags
        self.metavar = metavar
        self.help = help
        self.show_default = show_default
        self.complete = complete
        self.envvar = envvar
        self.parse = parse
        self.min = min
        self.max = max
        self.repeated = repeated
        self.hidden = hidden


class Flag:
    """An option without a value: it says yes, or no by the name behind a slash.

    Attributes:
        flags: its names, separated by blanks, "--all -a", or two with a slash: "--push/--no-push".
        help: what the help says of it.
        show_default: whether the help says the default; a text says it in words.
    """

    def __init__(self, flags: str, help: str, *, show_default: bool | str = True) -> None:
        self.flags = flags
        self.help = help
        self.show_default = show_default


class Parameter:
    """A parameter of a command.

    Attributes:
        name: as the command has it.
        kind: its type, such as `list[str] | None`.
        said: what was declared of it.
        default: its value where it is not given; `REQUIRED`: it has to be.
    """

    def __init__(
        self, name: str, kind: Any, said: Argument | Option | Flag, default: Any = REQUIRED
    ) -> None:
        self.name = name
        self.kind = kind
        self.said = said
        self.default = default

    @property
    def several(self) -> bool:
        """Whether it takes several values."""
        return get_origin(_without_none(self.kind)) is list

    @property
    def one(self) -> Any:
        """The type of a value, or of one of several."""
        kind = _without_none(self.kind)
        return get_args(kind)[0] if self.several else kind


def _without_none(kind: Any) -> Any:
    return get_args(kind)[0] if type(None) in get_args(kind) else kind


class Call:
    """A command with what it was given: what a command line comes to, whoever read it.

    Attributes:
        command: the function.
        arguments: what it takes, by name.
        given: the names of those that the command line had, not the environment or the defaults.
    """

    def __init__(
        self, command: Callable[..., None], arguments: dict[str, Any], given: frozenset[str]
    ) -> None:
        self.command = command
        self.arguments = arguments
        self.given = given

    @property
    def named(self) -> dict[str, str]:
        """What the commands of a hint repeat, by name."""
        return {
            it.name: self.arguments[it.name]
            for it in of(self.command)
            if isinstance(it.said, Option) and it.said.repeated and it.name in self.given
        }

    @property
    def shown_by(self) -> dict[str, Any]:
        """What says how the answer is shown, by name: see `mreg.cli.view`."""
        return {it.name: self.arguments[it.name] for it in _shown_by(self.command)}

    def run(self) -> None:
        """Run the command; one with a parameter `given` is told which of the others were."""
        told = {"given": self.given} if "given" in self.command.__annotations__ else {}
        own = {name: it for name, it in self.arguments.items() if name not in self.shown_by}
        self.command(**own, **told)


def of(command: Callable[..., None]) -> tuple[Parameter, ...]:
    """Return what a command takes: its attribute `parameters`, or what its signature declares.

    Behind that come the options that say how its answer is shown.
    """
    made: tuple[Parameter, ...] | None = getattr(command, "parameters", None)
    return (*(made or declared(command)), *_shown_by(command))


def _shown_by(command: Any) -> tuple[Parameter, ...]:
    """Return the options that say how a command shows its answer: see `mreg.cli.view`."""
    found: tuple[Parameter, ...] = getattr(command, "shown_by", ())
    return found


def declared(command: Any) -> tuple[Parameter, ...]:
    """Return the parameters that a function's signature declares."""
    hints = get_type_hints(command, include_extras=True)
    code = command.__code__
    names = code.co_varnames[: code.co_argcount]
    defaults = command.__defaults__ or ()
    required = (REQUIRED,) * (len(names) - len(defaults))
    return tuple(
        Parameter(name, hint.__origin__, hint.__metadata__[0], default)
        for name, default in zip(names, (*required, *defaults), strict=True)
        if hasattr(hint := hints[name], "__metadata__")
    )
