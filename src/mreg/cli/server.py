"""A server that a command runs until somebody ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from mreg.cli import output
from mreg.errors import Refused

if TYPE_CHECKING:
    from mreg.web.ui.connections import Server
    from mreg.web.ui.door import Door, OpenDoor


def run(server: Server, port: int, *, browser: bool = False) -> None:
    """Serve until SIGINT or SIGTERM comes; then let what is being done end.

    Args:
        server: the server, whose address is printed.
        port: the port; 0: any that is free.
        browser: open the pages in a browser.

    Raises:
        Refused: the port is not to be had.
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
        raise Refused(
            f"port {port} is not to be had: {error.strerror}", hint="name another one: --port"
        ) from None


def _open(address: str) -> None:
    """Open an address in a browser that has a window; in a terminal it would take this one."""
    import webbrowser

    has_windows = sys.platform in ("darwin", "win32") or any(
        map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    )
    if has_windows:
        webbrowser.open(address)
