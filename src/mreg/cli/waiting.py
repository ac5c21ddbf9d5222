"""A spinner on the terminal while a command takes longer than a moment.

It is on standard error, and only where a person looks at it: never in a pipe, in a CI system's log
or on a terminal without cursor movement. A thread that waits draws it, made without the module
`threading`, so that a command which is quick loads nothing for it and prints not one byte.

The line belongs to whoever writes: each write to the terminal takes the spinner away first, and it
comes back only on a line of its own, after another moment of silence. While a program may ask for
a password there is none (`mreg.net.network.Network.busy`).
"""

from __future__ import annotations

import _thread
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from mreg.cli import streams, view

if TYPE_CHECKING:
    from mreg.cli.parameters import Call

_MOMENT = streams.MOMENT

_EACH = 0.1
"""How many seconds each picture is shown."""

_PICTURES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_PICTURES = "|/-\\"

_CLEAR = "\r\x1b[K"

_STAYING = ("watch", "serve", "ui", "hook")
"""Commands that run until somebody ends them, or inside another program that draws on the line."""

_TEXTS = {
    "audit": "Judging events by the policy",
    "best": "Reading metrics",
    "candidates": "Reading commits",
    "changelog": "Reading commits",
    "compare": "Reading metrics",
    "diff": "Reading both versions",
    "doctor": "Checking the registry",
    "fetch": "Fetching tags",
    "get": "Finding the file",
    "history": "Reading events",
    "lineage": "Reading inputs and commits",
    "pending": "Reading approvals",
    "mlflow": "Reading models",
    "push": "Comparing with the remote",
    "refresh": "Reading repositories",
    "sagemaker": "Reading models",
    "search": "Reading versions",
    "show": "Reading tags",
    "site": "Building pages",
    "stages": "Reading tags",
    "status": "Asking endpoints",
    "verify": "Checking signatures",
}
"""What a command does while nothing more exact is known."""

_OTHERWISE = "Working"


class Spinner:
    """One line of a terminal that moves; anybody may say what it says, or take it away."""

    def __init__(self, stream: TextIO, text: str) -> None:
        self._descriptor = stream.fileno()
        self._color = view.colors(stream)
        fits = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._pictures = _PICTURES if fits else _PLAIN_PICTURES
        self._text = text
        self._held = 0
        self._shown = 0
        self._free = True
        self._begin = time.monotonic() + _MOMENT
        self._line = _thread.allocate_lock()
        self._over = _thread.allocate_lock()
        self._over.acquire()
        self._gone = _thread.allocate_lock()
        self._gone.acquire()
        _thread.start_new_thread(self._run, ())

    def _run(self) -> None:
        try:
            wait = _MOMENT
            while not self._over.acquire(timeout=wait):
                with self._line:
                    wait = self._begin - time.monotonic()
                    if wait <= 0:
                        self._draw()
                        wait = _EACH
        finally:
            self._gone.release()

    def _draw(self) -> None:
        if self._held or not self._free or not _in_foreground(self._descriptor):
            return
        picture = self._pictures[self._shown % len(self._pictures)]
        self._shown += 1
        width = os.get_terminal_size(self._descriptor).columns
        text = self._text[: max(width - 3, 0)]
        if self._color:
            picture = f"\x1b[36m{picture}\x1b[0m"
        self._put(f"\r{picture} {text}\x1b[K")

    def _put(self, text: str) -> None:
        with suppress(OSError):  # the terminal may be gone, which is nothing to tell anybody
            os.write(self._descriptor, text.encode("utf-8"))

    def _clear(self) -> None:
        """Take the spinner off the line, and wait a moment before it comes back."""
        if self._shown:
            self._put(_CLEAR)
            self._shown = 0
        self._begin = time.monotonic() + _MOMENT

    def write(self, stream: TextIO, text: str) -> int:
        """Write a text to the terminal, where the spinner is then no longer."""
        with self._line:
            self._clear()
            if text:
                self._free = text.endswith(("\n", _CLEAR))
            return stream.write(text)

    def leave(self) -> None:
        """Leave the terminal alone until the command ends."""
        with self._line:
            self._held += 1
            self._clear()

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say what goes on while a block runs; without a text, leave the terminal alone."""
        before = self._text
        with self._line:
            if text:
                self._text = text
            else:
                self._held += 1
                self._clear()
        try:
            yield
        finally:
            with self._line:
                self._text = before
                if not text:
                    self._held -= 1
                    self._begin = time.monotonic() + _MOMENT

    def end(self) -> None:
        """Take the spinner away for good."""
        self._over.release()
        self._gone.acquire()
        self._clear()


def _in_foreground(descriptor: int) -> bool:
    """Tell whether this process may draw on its terminal: it was not sent to the background."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal that is not the one this process was started in
        return True


class _Terminal:
    """A text stream to the terminal that a spinner is on."""

    def __init__(self, stream: TextIO, spinner: Spinner) -> None:
        self._stream = stream
        self._spinner = spinner

    def write(self, text: str) -> int:
        """Write a text, without the spinner in its way."""
        return self._spinner.write(self._stream, text)

    @property
    def buffer(self) -> Any:
        """What takes bytes: who writes these has the terminal alone from here on."""
        self._spinner.leave()
        return cast("Any", self._stream).buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Shown:
    spinner: Spinner | None = None


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Say what goes on while a block runs; without a text, leave the terminal alone."""
    if _Shown.spinner is None:
        yield
    else:
        with _Shown.spinner.busy(text):
            yield


@contextmanager
def spinning(call: Call) -> Iterator[None]:
    """Show, while a command runs and somebody watches, that it does, once it takes a moment."""
    if not _is_watched(call):
        yield
        return
    before = sys.stdout, sys.stderr
    _Shown.spinner = spinner = Spinner(sys.stderr, _text(call))
    sys.stderr = _on_terminal(sys.stderr, spinner)
    if not isinstance(sys.stdout, view.HeldOutput):
        sys.stdout = _on_terminal(sys.stdout, spinner)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        _Shown.spinner = None
        spinner.end()


def _on_terminal(stream: TextIO, spinner: Spinner) -> TextIO:
    return cast("TextIO", _Terminal(stream, spinner)) if stream.isatty() else stream


def _is_watched(call: Call) -> bool:
    """Tell whether a person looks at a terminal that a line may move on.

    Not where standard output is a pipe: what reads it may draw on the same terminal.
    """
    return (
        sys.stderr.isatty()
        and (sys.stdout.isatty() or streams.is_file(sys.stdout))
        and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")
        and not streams.is_watched(os.environ)
        and _name(call) not in _STAYING
        and not call.arguments.get("watch")
    )


def _name(call: Call) -> str:
    return call.command.__name__.rstrip("_")


def _text(call: Call) -> str:
    return _TEXTS.get(_name(call), _OTHERWISE)
