"""`mreg help`: the first screen, a command's help, or a topic."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, TextIO

from mreg.cli import view
from mreg.cli.commands import (
    ALIASES,
    COMMANDS,
    FORMER,
    GETTING_STARTED,
    GROUPS,
    PANELS,
    PLUMBING,
    package,
)
from mreg.cli.parameters import Argument, Flag
from mreg.errors import UsageError

SUMMARIES = (
    ("init", "Set up a repository for mreg"),
    ("annotate", "Describe an artifact in artifacts.yaml"),
    ("register", "Register a version of an artifact"),
    ("promote", "Promote a version to a stage"),
    ("show", "Show the registry, an artifact or a version"),
    ("get", "Download the file or folder of a version"),
    ("push", "Publish versions and promotions to a remote"),
)
"""What the first screen says of commands: the first line of their own help, which a test holds it
to; no command is loaded for it."""

_WIDTH = 79
_FIRST = 20
"""The width of the first column: that of the longest heading."""


def _complete(_: str, incomplete: str) -> list[str]:
    from mreg.cli.topics import TOPICS

    names = [*TOPICS, *PANELS[PLUMBING].split(), *(it for it in COMMANDS if " " not in it), *GROUPS]
    return [it for it in dict.fromkeys(names) if it.startswith(incomplete)]


def help(
    subject: Annotated[
        list[str] | None,
        Argument("[COMMAND | TOPIC]", "A command, or a topic.", complete=_complete),
    ] = None,
    all_: Annotated[bool, Flag("--all -a", "List every command with a description.")] = False,
) -> None:
    """Show help for a command or a topic.

    The topics are selectors, times, json, policy, exit-codes, glossary, annotations, problems and
    python.

    Examples:
        mreg help promote
        mreg help selectors
        mreg help --all
    """
    if all_ and subject:
        raise UsageError("--all lists every command", hint=f"mreg help {' '.join(subject)}")
    if all_:
        sys.stdout.write("".join(f"{it}\n" for it in _everything()))
    elif subject:
        _about(subject)
    else:
        sys.stdout.write(first_screen(sys.stdout))


def first_screen(stream: TextIO) -> str:
    """Return what `mreg --help` prints: one screen, made without loading any command."""
    import textwrap

    lines = ["mreg: a model registry in your Git repository", ""]
    for panel, commands in PANELS.items():
        shown = view.heading(panel, stream)
        if commands == GETTING_STARTED:
            lines += [shown, *(f"  {name:<18}  {said}" for name, said in SUMMARIES), ""]
        elif panel != PLUMBING:
            indent = " " * (_FIRST + 2)
            first, *rest = textwrap.wrap(
                commands, _WIDTH, initial_indent=indent, subsequent_indent=indent
            )
            lines += [shown + first[len(panel) :], *rest]
    lines += ["", "mreg help COMMAND     Show the options of a command, with examples"]
    lines += ["mreg help TOPIC       selectors, python, times, json, policy, exit-codes"]
    lines += ["mreg help --all       List every command and topic with a description"]
    return "".join(f"{it}\n" for it in lines)


def _about(subject: list[str]) -> None:
    """Print the help of a command, or a topic."""
    from mreg.cli import foreign
    from mreg.cli.topics import TOPICS

    name = " ".join(subject)
    if topic := TOPICS.get("-".join(subject).lower()):
        sys.stdout.write(topic.text())
    elif name in COMMANDS or name in GROUPS or subject[0] in ALIASES:
        from mreg.cli import app
        from mreg.cli.commands import resolved

        app.read([*resolved(subject), "--help"])
    elif topic := TOPICS.get(_IN_TOPICS.get(name, "")):
        sys.stdout.write(topic.text())
    elif command := _command_of(subject):
        _about(command)
    elif found := foreign.explained(name):
        raise UsageError(found[0], hint=found[1])
    else:
        from mreg.annotations import entry
        from mreg.core.queries import suggestion

        known = [*TOPICS, *COMMANDS, *GROUPS]
        topics = f"the topics are {', '.join(TOPICS)}; `mreg help --all` lists the commands"
        own = f"mreg help annotations: {name} is a field of artifacts.yaml"
        begins = [it for it in known if it.startswith(name)]
        whole = f"did you mean {begins[0]}?" if len(begins) == 1 else suggestion(name, known)
        hint = own if name in entry.FIELDS else whole or topics
        raise UsageError(f"there is no command or topic {name!r}", hint=hint)


_IN_TOPICS = dict.fromkeys(("approvals", "gates", "permissions", "principals", "roles"), "policy")
"""Words that people ask about, and the topic that explains them."""


def _command_of(subject: list[str]) -> list[str]:
    """Return the command that some words begin with, "hook" of "hook install"; empty if none."""
    parts = (subject[:count] for count in range(len(subject) - 1, 0, -1))
    return next((it for it in parts if " ".join(it) in COMMANDS or it[0] in GROUPS), [])


def _everything() -> Iterator[str]:
    """Iterate over the lines about all commands, old names, topics and options of mreg itself."""
    from mreg.cli.topics import TOPICS

    for panel, commands in PANELS.items():
        yield view.heading(panel, sys.stdout)
        for name in commands.split():
            yield from _described(name, summary(name))
            if name in GROUPS:
                for it in GROUPS[name].split():
                    yield from _described(f"{name} {it}", summary(f"{name} {it}"))
        yield ""
    yield view.heading("Other names", sys.stdout)
    for name, now in FORMER.items():
        yield from _described(name, f"mreg {now}")
    for name, words in ALIASES.items():
        yield from _described(name, f"mreg {' '.join(words)}")
    yield from ("", view.heading("Topics", sys.stdout))
    for name, topic in TOPICS.items():
        yield from _described(f"help {name}", f"{topic.about[0].upper()}{topic.about[1:]}")
    yield from ("", view.heading("Options", sys.stdout))
    yield from _described("--version", "Print the version")
    yield from _described("--install-completion", "Set up completion in your shell")
    yield from _described("--show-completion", "Print the script for completion in your shell")


def _described(name: str, about: str) -> Iterator[str]:
    import textwrap

    first = f"  {name:<{_FIRST - 2}}  "
    yield from textwrap.wrap(
        about, _WIDTH, initial_indent=first, subsequent_indent=" " * (_FIRST + 2)
    )


def summary(name: str) -> str:
    """Return what a command or a group of commands does, in a sentence without its full stop."""
    from importlib import import_module

    from mreg.cli.commands import load

    said = import_module(f"mreg.cli.{package(name)}") if name in GROUPS else load(name)
    return (said.__doc__ or "").strip().partition("\n")[0].removesuffix(".")
