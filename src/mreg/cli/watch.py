"""`mreg watch`: follow a remote, and act upon each new event once."""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import online, options, output, webhooks
from mreg.cli.parameters import Flag, Option
from mreg.core import names
from mreg.errors import NotFound, UsageError
from mreg.registry import Registry
from mreg.render import log
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.deploy.payloads import Format
    from mreg.deploy.watch import Act, Handled

_SECRETS = ("MREG_WEBHOOK", "MREG_WEBHOOK_SECRET")


Remote: TypeAlias = Annotated[
    str | None,
    Option(
        "--remote",
        "NAME",
        "The remote to follow.",
        show_default="the remote that it was cloned from",
    ),
]
Command: TypeAlias = Annotated[
    str,
    Option(
        "--exec",
        "COMMAND",
        "The command to run for each event, without a shell. The event is in its environment and,"
        " as JSON, on its standard input.",
    ),
]
Interval: TypeAlias = Annotated[
    float,
    options.duration("--interval", "How often to check: 30s, 5m, 1h.", show_default="30s"),
]
Jitter: TypeAlias = Annotated[
    float,
    Option("--jitter", "PART", "The part of the interval to add at random, at most.", min=0, max=1),
]
FromStart: TypeAlias = Annotated[
    bool | None,
    Flag(
        "--from-start/--from-now",
        "Without a state file yet, also handle existing events.",
        show_default="only new events",
    ),
]
Once: TypeAlias = Annotated[
    bool,
    Flag("--once", "Handle the events that are new now, each with one attempt, and stop."),
]
Most: TypeAlias = Annotated[int | None, Option("--max-events", "N", "Stop after N events.", min=1)]
Tries: TypeAlias = Annotated[
    int | None,
    Option(
        "--tries",
        "N",
        "The number of attempts for an event before its artifact is held.",
        min=1,
        show_default="5; once: 1",
    ),
]
Skip: TypeAlias = Annotated[
    list[str] | None, Option("--skip", "TAG", "Skip this event. Repeatable.")
]
Timeout: TypeAlias = Annotated[
    float | None,
    options.duration(
        "--timeout",
        "The time limit for the command, or for one attempt to post.",
        show_default="1h, or 10s",
    ),
]
StateFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--state",
        "FILE",
        "The file that records the result of each event.",
        show_default="one for each remote, in your state folder",
    ),
]


def watch(
    given: frozenset[str],
    repo: options.Repo = ".",
    remote: Remote = None,
    command: Command = "",
    webhook: webhooks.Webhooks = None,
    form: webhooks.Form = "json",
    secret_file: webhooks.SecretFile = None,
    artifact: options.OfArtifact = None,
    stage: options.OfStage = None,
    action: options.OfAction = None,
    interval: Interval = 30,
    jitter: Jitter = 0.1,
    from_start: FromStart = None,
    once: Once = False,
    most: Most = None,
    tries: Tries = None,
    skip: Skip = None,
    timeout: Timeout = None,
    state: StateFile = None,
    no_policy: webhooks.NoPolicy = False,
    json: options.Json = False,
) -> None:
    """Follow a remote, and run a command or call webhooks for each new event.

    It handles events once and in order. If it is killed and started again, it misses no event,
    and repeats the one event in doubt with MREG_RETRY=1. On SIGTERM or Ctrl-C it finishes the
    current event. The exit code is 1 if all attempts for an event failed.

    Examples:
        mreg watch --exec ./deploy.sh --stage prod
    """
    from mreg.deploy.watch import EventFilter, WatchOptions

    manner = WatchOptions(
        wanted=EventFilter(
            artifact=None if artifact is None else names.artifact(artifact),
            stage=None if stage is None else names.stage(stage),
            action=action,
        ),
        interval=interval,
        jitter=jitter,
        from_start=from_start,
        once=once,
        most=most,
        tries=tries,
        policy=not no_policy,
        skip=tuple(skip or ()),
    )
    held = False
    with _stopping() as stop:
        told = _told(webhook, command, chosen="webhook" in given)
        act = _act(command, told, form, secret_file, timeout, stop)
        # What is read anew each time: nothing stays open between.
        registry = Registry.open(repo, network=online.network())
        for it in registry.watch(act, remote=remote, state=state, manner=manner, stop=stop):
            _report(it, as_json=json)
            held = held or it.outcome == "held"
    if held:
        raise SystemExit(1)


def _told(urls: Sequence[str] | None, command: str, *, chosen: bool) -> Sequence[str]:
    """Return the webhooks; MREG_WEBHOOK may be there for others, so a command goes before it."""
    if command and not chosen:
        return ()
    return urls or ()


def _act(
    command: str,
    urls: Sequence[str],
    form: Format,
    secret_file: Path | None,
    timeout: float | None,
    stop: SignalPipe,
) -> Act:
    """Return what is to be done upon an event.

    Raises:
        UsageError: nothing is, or two things are.
        NotFound: there is no such program.
    """
    from mreg.deploy import actions
    from mreg.deploy.notify import Targets

    if bool(command) == bool(urls):
        raise UsageError(
            "--exec and --webhook cannot be used together" if command else "no action is given",
            hint="use --exec COMMAND or --webhook URL, or set MREG_WEBHOOK",
        )
    if command:
        inherited = _environment(os.environ)
        return actions.CommandAction(_words(command), inherited, timeout or actions.SECONDS)
    secret = webhooks.secret(secret_file)
    return actions.Telling(Targets.of(urls, form, secret, timeout), stop.wait)


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what a command inherits: all but the secrets of webhooks."""
    return {name: it for name, it in ours.items() if name not in _SECRETS}


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(
            f"cannot split --exec into words: {error}", hint="check its quotes"
        ) from None
    if not words or shutil.which(words[0]) is None:
        raise NotFound(
            f"cannot find the program {words[0] if words else command!r}",
            hint=_remedy(words[0] if words else ""),
        )
    if "-c" not in words and (strange := next(filter(_is_for_a_shell, words[1:]), None)):
        output.talk(
            line(f"note: --exec runs no shell, so the command gets {strange} as an argument;")
            + " to use a shell: --exec \"sh -c '...'\""
        )
    return words


def _remedy(program: str) -> str:
    """Return what to do about a program that cannot be run."""
    if not Path(program).is_file():
        return "use a program and its arguments with --exec; for more, write a script"
    if "/" in program:
        return f"make it executable: chmod +x {shlex.quote(program)}"
    return f"for the file in this folder, write ./{program}"


def _is_for_a_shell(word: str) -> bool:
    """Tell whether only a shell would read a word as it is meant."""
    return (
        word in ("&&", "||", "|", ">", ">>")
        or (len(word) > 1 and word.endswith(";"))
        or re.search(r"\$\{?MREG_", word) is not None
    )


class SignalPipe:
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
def _stopping() -> Iterator[SignalPipe]:
    """Let SIGTERM and Ctrl-C say that it is time to end; a second one does not wait."""
    stop = SignalPipe()

    def told(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        output.talk("Stopping after any event in progress; press Ctrl-C again to stop at once.")

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
        output.data(json.dumps(it))
    else:
        why = f": {it.reason}" if it.reason else ""
        what = f"{it.outcome}: {payloads.headline(it.event)} ({it.event.tag}){why}"
        output.data(log.inert(line(what)))
    sys.stdout.flush()
    if it.outcome == "held" and not as_json:
        output.talk(
            line(
                f"hint: later events of {it.event.artifact} wait; restart `mreg watch` to try this"
                f" one again, with --skip '{it.event.tag}' to go on without it"
            )
        )
