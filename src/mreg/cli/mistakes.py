"""What is wrong with a command line, in mreg's own words, and what to do about it.

typer's words of it are replaced: they differ from all else that mreg says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoSuchOption,
)
from typer._click.exceptions import UsageError as BadUsage

from mreg.cli import foreign


class ForeignWord(BadUsage):
    """A command has the name that another tool gives it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class GivenTwice(BadUsage):
    """An option that takes one value is given several times."""

    def __init__(self, option: str, times: int, context: Any) -> None:
        super().__init__(f"{option} takes one value, but is given {times} times", context)
        self.option = option


class UnknownCommand(BadUsage):
    """There is no such command; its hint names one that is like it."""

    def __init__(self, name: str, known: Iterable[str], context: Any) -> None:
        super().__init__(f"there is no command {name!r}", context)
        self.hint = _meant(name, known)


_SELECTED_BY = ("--version", "--stage", "--ref", "--rev")
"""Options by which other tools name a version or a commit, and some commands here."""

_SEVERAL_VALUES = "give it once, or run the command once for each value"

_SEVERAL_REPOSITORIES = (
    "run the command once for each repository; `mreg catalog` shows several as one"
)


def explained(error: ClickException) -> tuple[str, str]:
    """Return what is wrong with the options and arguments, and what to do about it."""
    context: Any = error.ctx if isinstance(error, BadUsage) else None
    if isinstance(error, NoSuchOption) and context and context.parent is None:
        hint = "put options after the command: mreg show --repo ../models"
    else:
        hint = _hint(error, context) if context else "run `mreg --help` for the options"
    return _message(error), hint


def _message(error: ClickException) -> str:
    if isinstance(error, NoSuchOption):
        return f"there is no option {error.option_name}"
    if isinstance(error, MissingParameter) and error.param is not None:
        param: Any = error.param
        if param.param_type_name == "option":
            return f"the option {_name(param)} is missing"
        return f"{_name(param)} is missing"
    if isinstance(error, BadOptionUsage):
        return f"the option {error.option_name} needs a value"
    if isinstance(error, BadParameter):
        return _of_value(error)
    if extra := re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)\.?", error.message):
        return f"unexpected argument: {extra[1]}"
    return error.format_message()


def _of_value(error: BadParameter) -> str:
    """Return what is wrong with a value, and of which option; an argument's is known by itself."""
    param: Any = error.param
    kind = getattr(param, "type", None)
    said = error.message.removesuffix(".")
    if choices := getattr(kind, "choices", None):
        said = f"{said.partition(' is not one of ')[0]} is not one of {', '.join(choices)}"
    elif number := re.fullmatch(r"(.*) is not a valid (int|float)( range)?", said, re.DOTALL):
        said = f"{number[1]} is not {'a whole number' if number[2] == 'int' else 'a number'}"
    elif number := re.fullmatch(r"(.*) is not in the range .*", said):
        said = f"{number[1]} is out of range: {_range(kind)}"
    if param is None or (choices and param.param_type_name == "argument"):
        return said
    return f"{_name(param)}: {said}"


def _range(kind: Any) -> str:
    if kind.min is None or kind.max is None:
        return f"{kind.max} or less" if kind.min is None else f"{kind.min} or more"
    return f"{kind.min} to {kind.max}"


def _name(param: Any) -> str:
    """Return an option as it may be typed, or what stands for an argument in the help."""
    if param.param_type_name == "option":
        return str(param.opts[0])
    return str(param.metavar or param.name).strip("[]").replace(" | ", " or ")


def _hint(error: ClickException, context: Any) -> str:
    """Return what to do about a mistake: an example of the command, and where its options are."""
    path = context.command_path
    if isinstance(error, NoSuchOption):
        return _instead(error.option_name, context) or f"{path} --help"
    if isinstance(error, GivenTwice):
        return _SEVERAL_REPOSITORIES if error.option == "--repo" else _SEVERAL_VALUES
    if isinstance(error, UnknownCommand) and error.hint:
        return error.hint
    if isinstance(error, BadParameter) and (choices := _choices(error)):
        typed = error.message.partition("'")[2].partition("'")[0]
        return _meant(typed, choices) or f"{path} --help"
    lines = getattr(context.command.callback, "examples", ())
    if lines and type(error) in (MissingParameter, BadUsage):
        has_more = type(error) is BadUsage and "extra argument" in error.message
        line = foreign.MORE.get(path, lines[0]) if has_more else lines[0]
        return f"{line} (see {path} --help)"
    return f"{path} --help"


def _choices(error: BadParameter) -> tuple[str, ...]:
    missing = isinstance(error, MissingParameter)
    return () if missing else tuple(getattr(getattr(error.param, "type", None), "choices", ()))


def _instead(option: str, context: Any) -> str:
    """Return what does what an option promises that a command does not have; empty if unknown."""
    if found := foreign.OPTIONS.get((context.info_name, option)):
        return found
    if option in _SELECTED_BY:
        return "write NAME@v1.2.0 or NAME#STAGE: mreg help selectors"
    own = [it for param in context.command.params for it in (*param.opts, *param.secondary_opts)]
    names = {it.lstrip("-"): it for it in own if it.startswith("--")}
    meant = _meant(option.lstrip("-"), names)
    return re.sub(r"(?<=mean )", "--", meant)


def _meant(wanted: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for the known name that is closest to the wanted; or nothing."""
    from mreg.core.queries import suggestion

    return suggestion(wanted, known)
