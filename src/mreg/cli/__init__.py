"""The command line: one function runs every command, and says what becomes of it.

`mreg.cli.direct` reads what is usual, `mreg.cli.app` all the rest; `mreg.cli.failures` says what
went wrong. Each is loaded when it is needed: what is asked most often is answered soonest.
"""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper

from mreg.cli.exits import DONE, INTERRUPTED, USAGE, at_end

TYPE_CHECKING = False  # the one of `typing`, which is not loaded for so little
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import NoReturn

    from mreg.cli.parameters import Call


def main() -> NoReturn:
    """Run the command line and exit with one of the exit codes."""
    # The process ends with the command, and its data has no cycles to speak of: looking for them
    # would take a third of the time that reading a large registry takes.
    gc.disable()
    try:
        _open_closed_streams()
        _print_any_character()
        code = _run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = INTERRUPTED
    # Python looks for cycles once more when it ends, among all that was ever loaded: 10 ms.
    gc.freeze()
    sys.exit(code)


def _open_closed_streams() -> None:
    """Let nothing be read from, or written to, a standard stream that the caller has closed.

    Python has None for one, and the next file that is opened would take its place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - until the process ends


def _print_any_character() -> None:
    """Let characters that the output's encoding lacks come out as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _choose_cache() -> None:
    """Keep mirrors and the like in MREG_CACHE_DIR, where that is set."""
    if chosen := os.environ.get("MREG_CACHE_DIR") or usual_cache():
        from mreg.system import cache

        cache.use(chosen)


def usual_cache() -> str | None:
    """Return the user's cache folder where nothing is unusual; else None, for platformdirs to say.

    It says the same here, but takes 5 ms to load.
    """
    home, caches = os.environ.get("HOME", ""), os.environ.get("XDG_CACHE_HOME")
    place = caches or (f"{home}/.cache" if home.strip("/") else "")
    if sys.platform != "linux" or not place.startswith("/") or place != place.strip():
        return None
    return f"{place.rstrip('/')}/mreg"


def _run() -> int:
    """Read the command line and run the command; return the exit code."""
    words = sys.argv[1:]
    if words in _AT_ONCE and not any(it.endswith("_COMPLETE") for it in os.environ):
        return _at_once(words)
    _choose_cache()
    from mreg.cli import streams

    with streams.inert():
        call: Call | int = DONE
        try:
            call = _read(words)
            return call if isinstance(call, int) else _end(call)
        except Exception as error:
            from mreg.cli import failures

            return failures.tell(error, {} if isinstance(call, int) else call.named)


_AT_ONCE: tuple[list[str], ...] = (["--version"], [], ["-h"], ["--help"], ["help"])


def _at_once(words: list[str]) -> int:
    """Print the version or the first screen of the help, which need no command."""
    try:
        if words == ["--version"]:
            from mreg import __version__

            sys.stdout.write(f"mreg {__version__}\n")
        else:
            from mreg.cli.help import first_screen

            stream = sys.stdout if words else sys.stderr
            stream.write(first_screen(stream))
        sys.stdout.flush()
    except OSError as error:
        from mreg.cli import failures

        return failures.tell(error, {})
    return DONE if words else USAGE


def _read(words: list[str]) -> Call | int:
    """Read the command line, without typer if that can be done."""
    from mreg.cli import commands, direct

    words = commands.resolved(words)
    if call := direct.read(words, os.environ):
        return call
    from mreg.cli import app

    return app.read(words)


def _answer(call: Call) -> None:
    """Run a command; once more if it only reads, and got the end of an artifact's name."""
    try:
        call.run()
    except Exception as error:
        from mreg.cli import typed

        if (again := typed.again(call, error)) is None:
            raise
        again.run()


def _end(call: Call) -> int:
    """Run a command; return the exit code that it ends with."""
    code = DONE
    with _shown(call), _spinning(call):
        try:
            _answer(call)
        except SystemExit as ended:
            code = int(ended.code or DONE)
        finally:
            while at_end:
                at_end.pop()()
    sys.stdout.flush()
    return code


def _spinning(call: Call) -> AbstractContextManager[None]:
    """Return what shows on a terminal that a command is at work, if that takes a moment."""
    if not sys.stderr.isatty():
        from contextlib import nullcontext

        return nullcontext()
    from mreg.cli import waiting

    return waiting.spinning(call)


def _shown(call: Call) -> AbstractContextManager[None]:
    """Return what shows a command's answer as its options say; a table that stays is not held."""
    if not call.shown_by or call.arguments.get("watch"):
        from contextlib import nullcontext

        return nullcontext()
    from mreg.cli import view

    return view.shown(call.shown_by)
