"""A server that a command runs until somebody ends it, and what such commands take."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import output
from mreg.cli.parameters import Flag, Option
from mreg.errors import Refused, UsageError

if TYPE_CHECKING:
    from mreg.web.ui.connections import Server
    from mreg.web.ui.door import Door, OpenDoor


_KEY = re.compile(r"[A-Za-z0-9_-]{32,256}")


Port: TypeAlias = Annotated[
    int, Option("--port", "N", "The port.", min=0, max=65535, show_default="any that is free")
]
Browser: TypeAlias = Annotated[bool, Flag("--browser/--no-browser", "Open the pages in a browser.")]
KeyFile: TypeAlias = Annotated[
    Path | None,
    Option("--key-file", "FILE", "A file with a key of your own, for a proxy; else a random key."),
]


def key(file: Path | None) -> str | None:
    """Return the key that a file holds; None without one.

    Raises:
        UsageError: it holds none.
    """
    if file is None:
        return None
    found = file.read_text("utf-8", "replace").strip()
    if not _KEY.fullmatch(found):
        raise UsageError(
            f"{file} does not contain a key",
            hint="write at least 32 characters of A-Z, a-z, 0-9, - and _: openssl rand -hex 24",
        )
    return found


def run(server: Server, port: int, *, browser: bool = False) -> None:
    """Serve until SIGINT or SIGTERM comes; then let what is being done end.

    Args:
        server: the server, whose address is printed.
        port: the port; 0: any that is free.
        browser: open the pages in a browser.

    Raises:
        Refused: it cannot listen there.
    """
    asyncio.run(_serve(server, port, browser=browser))


async def _serve(server: Server, port: int, *, browser: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def ready(door: Door | OpenDoor) -> None:
        output.data(door.address)
        sys.stdout.flush()
        if browser:
            _open(door.first_address)

    try:
        await server.serve(port, stop, ready)
    except OSError as error:
        raise refusal(port, error) from None


def refusal(port: int, error: OSError) -> Refused:
    """Return what to say where nobody can listen."""
    reason = error.strerror or str(error)
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Refused(
            f"cannot listen on that address: {reason}", hint="choose another address with --host"
        )
    if error.errno:  # asyncio says more, of the system's own making
        reason = os.strerror(error.errno)
    return Refused(
        f"cannot listen on port {port}: {reason}", hint="choose another port with --port"
    )


def _open(address: str) -> None:
    """Open an address in a browser that has a window; in a terminal it would take this one."""
    import webbrowser

    has_windows = sys.platform in ("darwin", "win32") or any(
        map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    )
    if has_windows:
        webbrowser.open(address)
