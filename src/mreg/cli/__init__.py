"""The command line: one function runs every command, and tells what becomes of it.

`mreg.cli.app` reads what was typed; `mreg.cli.commands` names the commands.
"""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper

from mreg.cli.exits import BUG, DONE, INTERRUPTED, REFUSED, USAGE

TYPE_CHECKING = False  # the one of `typing`, which is not loaded for so little
if TYPE_CHECKING:
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
        _choose_cache()
        code = _run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = INTERRUPTED
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
    """Keep mirrors in MREG_CACHE_DIR, where that is set."""
    if chosen := os.environ.get("MREG_CACHE_DIR"):
        from mreg.system import cache

        cache.use(chosen)


def _run() -> int:
    """Read the command line, run the command, and say what went wrong; return the exit code."""
    from mreg.cli import app, failures, streams
    from mreg.errors import MregError, UsageError

    call: Call | int = DONE
    code = DONE
    with streams.inert():
        try:
            call = app.read()
            code = call if isinstance(call, int) else _end(call)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read our output has seen enough, as in `mreg history | head`.
            failures.close_output()
        except MregError as error:
            named = {} if isinstance(call, int) else call.named
            failures.complain(str(error), failures.repeating(error.hint, named))
            code = USAGE if isinstance(error, UsageError) else REFUSED
        except OSError as error:  # a full disk, a file that cannot be read
            failures.close_output()
            known = error.filename is not None and error.strerror
            failures.complain(f"{error.filename}: {error.strerror}" if known else str(error))
            code = REFUSED
        except Exception:
            failures.report_bug()
            code = BUG
    return code


def _end(call: Call) -> int:
    """Run a command; return the exit code that it ends with."""
    try:
        call.run()
    except SystemExit as ended:
        return int(ended.code or DONE)
    return DONE
