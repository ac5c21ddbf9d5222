"""The command line as nearly everybody types it, read without typer, which takes long to load.

It takes a closed list of forms, and says nothing itself: whatever is not among them, from `--help`
to a misspelt option, is left to `mreg.cli.app`. Both are made of what the commands declare
(`mreg.cli.parameters`), and a test holds them to the same calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from mreg.cli import parameters
from mreg.cli.commands import COMMANDS, GROUPS, load
from mreg.cli.parameters import REQUIRED, Argument, Call, Flag, Option, Parameter
from mreg.errors import MregError


class Unusual(Exception):
    """A command line has none of the forms that are read here."""


def read(words: Sequence[str], environment: Mapping[str, str]) -> Call | None:
    """Read a command line, if it has the usual form.

    That is a command's name, and behind it words, flags, and options with their values, each at
    most once unless it takes several. Names are whole. A value is the next word, or stands behind
    "=". No word but "-" begins with "-".

    Args:
        words: what stands behind `mreg`.
        environment: the environment's variables.

    Returns:
        The call that typer would make, too; None where it is for typer to decide.
    """
    named = 2 if words and words[0] in GROUPS else 1
    name = " ".join(words[:named])
    if name not in COMMANDS or _asks_for_completion(environment):
        return None
    command = load(name)
    known = parameters.of(command)
    try:
        typed = _typed(iter(words[named:]), known)
        arguments = {it.name: _value(it, typed.get(it.name), environment) for it in known}
    except Unusual:
        return None
    return Call(command, arguments, frozenset(typed))


def _asks_for_completion(environment: Mapping[str, str]) -> bool:
    return any(it.endswith("_COMPLETE") for it in environment)


def _typed(words: Iterator[str], known: Sequence[Parameter]) -> dict[str, list[str | bool]]:
    """Return what was typed for each parameter: texts, or what a flag says."""
    typed: dict[str, list[str | bool]] = {}
    for it, said in _pairs(words, known):
        if it.name in typed and not it.several:
            raise Unusual
        typed.setdefault(it.name, []).append(said)
    return typed


def _pairs(
    words: Iterator[str], known: Sequence[Parameter]
) -> Iterator[tuple[Parameter, str | bool]]:
    places = [it for it in known if isinstance(it.said, Argument)]
    options = {name: (it, says) for it in known for name, says in _names(it.said)}
    for word in words:
        if _is_plain(word):
            if not places:
                raise Unusual
            yield places[0], word
            if not places[0].several:
                del places[0]
            continue
        name, equals, text = word.partition("=")
        if name not in options or (equals and not name.startswith("--")):
            raise Unusual
        option, says = options[name]
        if says is None:
            yield option, text if equals else _next(words)
        elif equals:
            raise Unusual
        else:
            yield option, says


def _names(said: Argument | Option | Flag) -> Iterator[tuple[str, bool | None]]:
    """Iterate over the names of an option, with what a flag says by each."""
    if isinstance(said, Argument):
        return
    for name in said.flags.split():
        yes, _, no = name.partition("/")
        yield yes, True if isinstance(said, Flag) else None
        if no:
            yield no, False


def _is_plain(word: str) -> bool:
    return not word.startswith("-") or word == "-"


def _next(words: Iterator[str]) -> str:
    word = next(words, "--")
    if not _is_plain(word):
        raise Unusual
    return word


def _value(it: Parameter, typed: list[str | bool] | None, environment: Mapping[str, str]) -> Any:
    """Return what the command gets for a parameter."""
    if typed and isinstance(it.said, Flag):
        return typed[0]
    texts: list[Any] = typed or _from_environment(it, environment)
    if not texts:
        return _default(it)
    if typed and isinstance(it.said, Option) and it.said.repeated and not typed[0]:
        raise Unusual
    make = _maker(it)
    values = [make(text) for text in texts]
    return values if it.several else values[0]


def _from_environment(it: Parameter, environment: Mapping[str, str]) -> list[str]:
    text = environment.get(it.said.envvar or "", "") if isinstance(it.said, Option) else ""
    if it.several:
        return text.split()
    return [text] if text else []


def _default(it: Parameter) -> Any:
    if it.default is REQUIRED:
        raise Unusual
    parse = it.said.parse if isinstance(it.said, Option) else None
    return parse(it.default) if parse and it.default is not None else it.default


def _maker(it: Parameter) -> Callable[[str], Any]:
    """Return what makes a value of a text."""
    parse = it.said.parse if isinstance(it.said, Option) else None
    if parse:
        return lambda text: _parsed(parse, text)
    if it.one is str:
        return str
    if it.one is int or it.one is float:
        return lambda text: _number(it, text)
    if get_origin(it.one) is Literal:
        return lambda text: _chosen(get_args(it.one), text)
    from pathlib import Path

    if it.one is Path:
        return Path
    raise Unusual


def _parsed(parse: Callable[[Any], Any], text: str) -> Any:
    try:
        return parse(text)
    except (ValueError, MregError):
        raise Unusual from None


_MOST_DIGITS = 15


def _number(it: Parameter, text: str) -> float:
    """Return a number that is written in digits, and not too great nor too small."""
    digits = text.replace(".", "", 1) if it.one is float else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise Unusual
    found: float = it.one(text)
    least, most = (it.said.min, it.said.max) if isinstance(it.said, Option) else (None, None)
    if (least is not None and found < least) or (most is not None and found > most):
        raise Unusual
    return found


def _chosen(choices: Sequence[str], text: str) -> str:
    if text not in choices:
        raise Unusual
    return text
