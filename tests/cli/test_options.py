"""What holds for the options of every command."""

from __future__ import annotations

from typing import Any

import pytest
from typer._click.exceptions import UsageError
from typer.core import TyperOption
from typer.main import get_command

from commandline import CommandLine
from mreg.cli.app import app
from mreg.cli.commands import COMMANDS

GROUP: Any = get_command(app)


def command_of(name: str) -> Any:
    """Return a command, be it in a group."""
    found = GROUP
    for word in name.split():
        found = found.get_command(None, word)
    return found


def options(*, several: bool) -> list[Any]:
    """Return the options that take a value, one or several, each with its command."""
    return [
        pytest.param(command, it, id=f"{name} {it.opts[0]}")
        for name in COMMANDS
        for command in [command_of(name)]
        for it in command.params
        if isinstance(it, TyperOption) and not it.is_flag and bool(it.multiple) == several
    ]


@pytest.mark.parametrize(("command", "option"), options(several=False))
def test_an_option_of_one_value_is_refused_when_given_twice(command: Any, option: Any) -> None:
    """The last would count without a word: `--repo A --repo B` answered for B alone."""
    twice = [
        it for flag in (option.opts[0], option.opts[-1]) for it in (flag, *"123"[: option.nargs])
    ]
    with pytest.raises(UsageError) as told:
        command.make_context(command.name, twice)
    assert told.value.message == f"{option.opts[0]} takes one value, but is given 2 times"


def test_it_is_a_usage_error(mreg: CommandLine) -> None:
    refused = mreg("show", "-r", "a", "--repo=b")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: --repo takes one value, but is given 2 times\nhint: ")


def test_options_of_several_values_and_flags_may_be_repeated() -> None:
    assert options(several=True)
    parsed = GROUP.get_command(None, "compare").make_context(
        "compare", ["a", "--lower-better", "x", "--lower-better", "y", "--json", "--json"]
    )
    assert parsed.params["lower_better"] == ("x", "y")
