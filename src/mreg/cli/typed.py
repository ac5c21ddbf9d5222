"""What people type as separate words: "churn prod", "churn v1.0.0", "churn v1.0.0 prod".

One place puts them together to selectors, for all commands. Where something would be written that
nobody said, it is refused instead, with the line to type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mreg.cli import output
from mreg.cli.commands import READING
from mreg.cli.parameters import Argument, Call, of
from mreg.core.queries import LATEST, RELEASE, Selector, parse_selector, some
from mreg.errors import NotFound, UnknownArtifact, UsageError


def is_version(word: str) -> bool:
    """Tell whether a word is meant for a version, be it a malformed one, and not for a stage."""
    return word in (LATEST, RELEASE) or re.match(r"v?[0-9]+\.|v[0-9]", word) is not None


def selector(name: str, which: str | None) -> str:
    """Return the selector that a name and the word behind it make: a version, or else a stage.

    Raises:
        UsageError: the name says which version already.
    """
    if not which:
        return name
    if not _is_plain(name):
        raise UsageError(
            f"{name} already names a version, but {which} follows it",
            hint="give one version: NAME, NAME VERSION, NAME STAGE, NAME@VERSION or NAME#STAGE",
        )
    return f"{name}@{which}" if is_version(which) else f"{name}#{which}"


def to_write(verb: str, name: str, which: str | None) -> str:
    """Return the selector that two words make, of what a command changes: a version alone.

    Raises:
        UsageError: the second word is a stage, whose holder somebody may have changed.
    """
    whole = selector(name, which)
    if which and not is_version(which):
        raise UsageError(
            f"{which!r} is not a version", hint=f"for the version in a stage: mreg {verb} {whole}"
        )
    return whole


def promotion(verb: str, name: str, second: str | None, third: str | None) -> tuple[str, str]:
    """Return the version and the stage that two or three words mean.

    "churn@v1.0.0 prod", "churn prod" or "churn v1.0.0 prod".

    Raises:
        UsageError: there is no stage, or the words are in an order that is not clear.
    """
    if second is None:
        wanted = parse_selector(name)
        if wanted.stage:
            whole = f"{wanted.artifact}@VERSION {wanted.stage}"
            raise UsageError("no version is given", hint=f"mreg {verb} {whole}")
        raise UsageError("no stage is given", hint=f"mreg {verb} {name} STAGE")
    if third is None:
        # A stage may be called "release" or "v2", but has no dots in its name.
        if is_version(second) and "." in second and _is_plain(name):
            raise UsageError(
                f"no stage is given for {name}@{second}",
                hint=f"mreg {verb} {name}@{second} STAGE",
            )
        return name, second
    if not _is_plain(name):
        raise UsageError(
            f"give one version and one stage, not {name}, {second} and {third}",
            hint=f"mreg {verb} {name} {third if is_version(second) else second}",
        )
    if is_version(second):
        return f"{name}@{second}", third
    if is_version(third):
        raise UsageError(
            f"{third} is a version, and must come before the stage",
            hint=f"mreg {verb} {name}@{third} {second}",
        )
    raise UsageError(
        f"{second!r} is not a version",
        hint=f"for the version in {second}: mreg {verb} {name}#{second} {third}",
    )


def in_stage(verb: str, name: str, second: str | None, third: str | None) -> tuple[str, str]:
    """Return the version and the stage of something that is in a stage: "churn#prod" will do.

    Raises:
        UsageError: there is no stage.
    """
    if second is not None:
        return promotion(verb, name, second, third)
    wanted = parse_selector(name)
    if wanted.stage is None:
        raise UsageError("no stage is given", hint=f"mreg {verb} {name} STAGE")
    return name, wanted.stage


def registration(name: str, version: str | None) -> tuple[str, str | None]:
    """Return the artifact and the version to register: "churn", or "churn@v1.0.0".

    Raises:
        UsageError: no new version is named, or two are.
    """
    if _is_plain(name):
        return name, version
    wanted = parse_selector(name)
    if not wanted.is_exact or version is not None:
        raise UsageError(
            f"{name} names no new version" if version is None else "two versions are given",
            hint=f"mreg register {wanted.artifact}, or mreg register {wanted.artifact}@v1.0.0",
        )
    return wanted.artifact, wanted.version


@contextmanager
def commits(name: str, rev: str) -> Iterator[None]:
    """Say, where there is no such commit, how to register the version that may have been meant."""
    try:
        yield
    except NotFound as error:
        if not is_version(rev):
            raise
        hint = f"to register the version {rev}: mreg register {name}@{rev}"
        raise NotFound(str(error), hint=hint) from None


def span(
    verb: str, name: str, first: str | None, second: str | None
) -> tuple[str, str | None, str | None]:
    """Return an artifact, and the versions from which and to which something of it is wanted.

    "churn", "churn v1.0.0 v1.2.0" or "churn@v1.0.0 churn@v1.2.0".

    Raises:
        UsageError: one version alone is named, which may be either end, or there are three.
    """
    if _is_plain(name):
        return name, first, second
    artifact = parse_selector(name).artifact
    if first is None:
        end = name if "#" in name else name.partition("@")[2]
        raise UsageError(
            f"{verb} takes the name of an artifact, or two of its versions",
            hint=f"mreg {verb} {artifact} {end} for what came after it, "
            f"mreg {verb} {artifact} FROM {end} for what led to it",
        )
    if second is not None:
        raise UsageError(
            f"{verb} takes two versions, not {name}, {first} and {second}",
            hint=f"mreg {verb} {artifact} {first} {second}",
        )
    return artifact, name, first


def all_in(name: str, stage: str) -> str:
    """Return the artifact of which everything leaves a stage: of NAME, or of NAME#STAGE itself.

    Raises:
        InvalidName: one version is named.
    """
    return name.removesuffix(f"#{stage}")


def stage_of(verb: str, name: str, stage: str | None) -> tuple[str, str]:
    """Return an artifact and its stage, given as two words or as NAME#STAGE.

    Raises:
        UsageError: there is no stage.
    """
    if stage is not None and _is_plain(name):
        return name, stage
    wanted = parse_selector(name)
    if wanted.stage is None or stage not in (None, wanted.stage):
        raise UsageError(
            "one artifact and one stage are required",
            hint=f"mreg {verb} {wanted.artifact} {stage or 'STAGE'}",
        )
    return wanted.artifact, wanted.stage


def part(name: str | None, which: str | None) -> Selector | None:
    """Return which part of the registry a question is about; None: all of it.

    An artifact, one of its versions or one of its stages.
    """
    return None if name is None else parse_selector(selector(name, which))


def one_stage(wanted: Selector | None, stage: str | None) -> str | None:
    """Return the stage that a selector or the option --stage names.

    Raises:
        UsageError: they name two.
    """
    named = wanted.stage if wanted else None
    if named and stage not in (None, named):
        raise UsageError(f"two stages are given, {named} and {stage}", hint="omit --stage")
    return named or stage


def one_version(wanted: Selector | None) -> str | None:
    """Return the version that a selector names; None where it names an artifact or a stage."""
    return wanted.version if wanted and not (wanted.plain or wanted.stage) else None


def whole(verb: str, name: str | None) -> str | None:
    """Return the artifact that is named; None: all of them.

    Raises:
        UsageError: one of its stages is named, for which there is an option.
    """
    if name and "#" in name:
        artifact, _, stage = name.partition("#")
        raise UsageError(
            f"{name} names a stage, and an artifact is needed",
            hint=f"mreg {verb} {artifact} --stage {stage}",
        )
    return name


def is_pattern(word: str) -> bool:
    """Tell whether a word means several artifacts: "teams/*", or the folder "teams/"."""
    return any(it in word for it in "*?[") or word.endswith(("/", ":"))


def several(words: Sequence[str], *, stages: bool = True) -> list[str]:
    """Return the selectors that words make: a version or stage behind a name is of that artifact.

    Args:
        words: "churn v1.0.0 v1.1.0", "churn prod staging" or "churn@v1.0.0 v1.1.0".
        stages: whether a plain word behind the first is a stage; else it is an artifact.
    """
    found: list[str] = []
    name = ""
    for word in words:
        if name and (is_version(word) or (stages and _is_plain(word) and word != name)):
            if found == [name]:
                found.clear()  # it was no version by itself, but the name of what follows
            found.append(selector(name, word))
        else:
            found.append(word)
            name = re.split("[@#]", word, maxsplit=1)[0]
    return found


def begin_with_name(verb: str, words: Sequence[str], known: Callable[[], Sequence[str]]) -> None:
    """Refuse words of which the first is a version: without an artifact, it can be any one's.

    Args:
        verb: the command.
        words: what it was given.
        known: returns the names of the artifacts.

    Raises:
        UsageError: there is no artifact before the version.
    """
    first = words[0]
    # An artifact may be called "latest" or "v2", but has no dots in its name.
    if not (is_version(first) and "." in first and _is_plain(first)):
        return
    names = known()
    name = names[0] if len(names) == 1 else "NAME"
    listed = f", where NAME is one of {some(names)}" if len(names) > 1 else ""
    raise UsageError(
        f"{first} is a version, and must come after the artifact's name",
        hint=f"mreg {verb} {name} {' '.join(words)}{listed}",
    )


def two(first: str, second: str, third: str | None) -> tuple[str, str]:
    """Return the two versions that two or three words mean: "churn@v1 v2", or "churn v1 v2".

    Raises:
        UsageError: they mean one version, or three.
    """
    words = [it for it in (first, second, third) if it is not None]
    found = several(words, stages=third is not None)
    match found:
        case [one, other]:
            return one, other
        case _:
            raise UsageError(
                f"diff compares two versions, not {len(found)}: {', '.join(found)}",
                hint="mreg diff NAME@v1.0.0 NAME@v1.1.0",
            )


def _is_plain(name: str) -> bool:
    return "@" not in name and "#" not in name


def again(call: Call, error: Exception) -> Call | None:
    """Return a call with an artifact's whole name; None where it was not given the end of one.

    Only what records nothing is called again.

    Args:
        call: what ended with the error.
        error: the error; it may be another one.
    """
    if not (isinstance(error, UnknownArtifact) and error.meant):
        return None
    if call.command.__name__.rstrip("_") not in READING.split():
        return None
    short, whole = error.artifact, error.meant
    words = {it.name for it in of(call.command) if isinstance(it.said, Argument)}
    arguments = {
        name: _renamed(value, short, whole) if name in (*words, "artifact") else value
        for name, value in call.arguments.items()
    }
    if arguments == call.arguments:
        return None
    output.talk(f"note: {short} is {whole} here")
    return Call(call.command, arguments, call.given)


def _renamed(value: object, short: str, whole: str) -> object:
    if isinstance(value, list):
        return [_renamed(it, short, whole) for it in value]
    if isinstance(value, str) and re.split("[@#]", value, maxsplit=1)[0] == short:
        return whole + value.removeprefix(short)
    return value
