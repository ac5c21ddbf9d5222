"""`mreg watch`: follow a remote, and act upon each new event once."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mreg.cli import online, options, output, webhooks
from mreg.core import names, times
from mreg.core.events import Action
from mreg.errors import NotFound, UsageError
from mreg.render import log
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.deploy.watch import Act, Handled

_SECRETS = ("MREG_WEBHOOK", "MREG_WEBHOOK_SECRET")


def watch(
    context: typer.Context,
    repo: options.Repo = ".",
    remote: Annotated[
        str,
        typer.Option(
            "--remote",
            metavar="NAME",
            help="The remote to follow.",
            show_default="the one that the repository came from",
        ),
    ] = "",
    command: Annotated[
        str,
        typer.Option(
            "--exec",
            metavar="COMMAND",
            help="Run this for each event; no shell reads it. The event is in its environment"
            " and, as JSON, on its standard input.",
        ),
    ] = "",
    webhook: webhooks.Webhooks = None,
    form: webhooks.Form = "json",
    secret_file: webhooks.SecretFile = None,
    artifact: Annotated[
        str | None,
        typer.Option(
            "--artifact",
            metavar="NAME",
            help="Of this artifact alone.",
            autocompletion=options.complete_artifact,
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Of this stage alone.",
            autocompletion=options.complete_stage,
        ),
    ] = None,
    action: Annotated[
        Action | None,
        typer.Option("--action", metavar="ACTION", help="Of this kind alone: promote, ..."),
    ] = None,
    interval: Annotated[
        str,
        typer.Option("--interval", metavar="TIME", help="How often to ask: 30s, 5m, 1h."),
    ] = "30s",
    jitter: Annotated[
        float,
        typer.Option(
            "--jitter",
            metavar="PART",
            min=0,
            max=1,
            help="Which part of the interval may be added at random.",
        ),
    ] = 0.1,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start/--from-now",
            help="Where there is no state yet: act upon what is there already, too.",
        ),
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Ask once, act upon what is new, and end.")
    ] = False,
    most: Annotated[
        int | None,
        typer.Option("--max-events", metavar="N", min=1, help="End after so many events."),
    ] = None,
    tries: Annotated[
        int,
        typer.Option(
            "--tries",
            metavar="N",
            min=1,
            help="How often a failing event is tried before its artifact is held.",
        ),
    ] = 5,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="TAG", help="Do not act upon this event. Repeatable."),
    ] = None,
    timeout: Annotated[
        str,
        typer.Option(
            "--timeout",
            metavar="TIME",
            help="How long the command may take, or one try of a post.",
            show_default="1h, or 10s",
        ),
    ] = "",
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="What became of each event.",
            show_default="a file of the user's own for each remote",
        ),
    ] = None,
    no_policy: webhooks.NoPolicy = False,
    json: options.Json = False,
) -> None:
    """Follow a remote, and run a command or tell webhooks of each new event, once and in order.

    What is killed and started again misses nothing; the one event in doubt is acted upon again,
    with MREG_RETRY=1. It ends on SIGTERM or Ctrl-C when what is being done is done. The exit code
    is 1 if an event failed every time.
    """
    from mreg.deploy.watch import EventFilter, WatchOptions

    held = False
    with _stopping() as stop:
        handled = online.registry(repo).watch(
            _act(command, _told(context, webhook, command), form, secret_file, timeout, stop),
            remote=remote or None,
            state=state,
            manner=WatchOptions(
                EventFilter(
                    None if artifact is None else names.artifact(artifact),
                    None if stage is None else names.stage(stage),
                    action,
                ),
                _seconds(interval, "--interval"),
                jitter,
                from_start,
                once,
                most,
                tries,
                not no_policy,
                tuple(skip or ()),
            ),
            stop=stop,
        )
        for it in handled:
            _report(it, as_json=json)
            held = held or it.outcome == "held"
    if held:
        raise typer.Exit(1)


def _told(context: typer.Context, urls: Sequence[str] | None, command: str) -> Sequence[str]:
    """Return the webhooks; MREG_WEBHOOK may be there for others, so a command goes before it."""
    source = context.get_parameter_source("webhook")
    if command and source is not None and source.name == "ENVIRONMENT":
        return ()
    return urls or ()


def _act(
    command: str,
    urls: Sequence[str],
    form: Literal["json", "slack", "teams"],
    secret_file: Path | None,
    timeout: str,
    stop: Stop,
) -> Act:
    """Return what is to be done upon an event.

    Raises:
        UsageError: nothing is, or two things are.
        NotFound: there is no such program.
    """
    from mreg.deploy import actions
    from mreg.deploy.notify import Targets
    from mreg.net.webhook import SECONDS, parse

    if bool(command) == bool(urls):
        raise UsageError(
            "--exec and --webhook exclude each other" if command else "there is nothing to be done",
            hint="--exec COMMAND, or --webhook URL (MREG_WEBHOOK in the environment)",
        )
    if command:
        seconds = _seconds(timeout, "--timeout") if timeout else actions.SECONDS
        return actions.Command(_words(command), _environment(os.environ), seconds)
    secret = webhooks.secret(secret_file, os.environ.get("MREG_WEBHOOK_SECRET", ""))
    seconds = _seconds(timeout, "--timeout") if timeout else SECONDS
    found = tuple(parse(it) for it in dict.fromkeys(urls))
    return actions.Telling(Targets(found, form, secret, seconds), stop.wait)


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what a command inherits: all but the secrets of webhooks."""
    return {name: it for name, it in ours.items() if name not in _SECRETS}


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(
            f"--exec cannot be split into words: {error}", hint="mind its quotes"
        ) from None
    if not words or shutil.which(words[0]) is None:
        raise NotFound(
            f"there is no program {words[0] if words else command!r}",
            hint="--exec takes a program and its arguments; for more, write a script",
        )
    return words


def _seconds(text: str, option: str) -> float:
    """Return how many seconds a text such as "30s" or "5m" means; a bare number is of seconds."""
    seconds = times.seconds(f"{text}s" if text.strip()[-1:].isdecimal() else text)
    if not seconds:
        raise UsageError(f"{option} is {text!r}", hint="write 30s, 5m or 1h")
    return seconds


class Stop:
    """A pipe into which a signal is put: `threading.Event` is not to be set by a handler.

    A handler runs between two steps of what it interrupts; that may be holding the event's lock.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()

    def set(self) -> None:
        """Say that it is time to end."""
        os.write(self._writer, b"x")

    def is_set(self) -> bool:
        """Tell whether it is time to end."""
        return self.wait(0)

    def wait(self, seconds: float, /) -> bool:
        """Wait until it is time to end, or for some seconds; tell whether it is."""
        return bool(select.select([self._reader], [], [], seconds)[0])

    def close(self) -> None:
        """Take the pipe away."""
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def _stopping() -> Iterator[Stop]:
    """Let SIGTERM and Ctrl-C say that it is time to end; a second one does not wait."""
    stop = Stop()

    def told(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        output.talk("Ending, as soon as what is being done is done.")

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()


def _report(it: Handled, *, as_json: bool) -> None:
    """Print what became of an event, at once."""
    from mreg.deploy import payloads
    from mreg.render import json

    if as_json:
        output.data(log.inert_json(json.dumps(it)))
    else:
        why = f": {it.reason}" if it.reason else ""
        what = f"{it.outcome}: {payloads.headline(it.event)} ({it.event.tag}){why}"
        output.data(log.inert(line(what)))
    sys.stdout.flush()
