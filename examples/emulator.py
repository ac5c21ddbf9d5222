"""A terminal to take pictures of: programs in a pseudo-terminal, drawn by xterm.js in Chromium."""

from __future__ import annotations

import base64
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import tarfile
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page

XTERM = "@xterm/xterm@6.0.0"
FONT = "JetBrains Mono"
"""Debian has it in fonts-jetbrains-mono; with another font every picture changes."""

Scheme = Literal["light", "dark"]

COLORS: Mapping[Scheme, Mapping[str, str]] = {
    "light": {
        "background": "#ffffff",
        "foreground": "#1f2328",
        "red": "#cf222e",
        "green": "#116329",
        "yellow": "#4d2d00",
        "blue": "#0969da",
        "magenta": "#8250df",
        "cyan": "#1b7c83",
    },
    "dark": {
        "background": "#0d1117",
        "foreground": "#e6edf3",
        "red": "#ff7b72",
        "green": "#3fb950",
        "yellow": "#d29922",
        "blue": "#58a6ff",
        "magenta": "#bc8cff",
        "cyan": "#39c5cf",
    },
}
"""What GitHub's terminals look like."""


class Size(NamedTuple):
    """The size of a terminal."""

    columns: int
    lines: int


def run(words: Sequence[str], folder: Path, environment: Mapping[str, str], size: Size) -> bytes:
    """Run a program in a terminal; return all that it printed, in bytes as a terminal gets them."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))
    with subprocess.Popen(
        words,
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        printed = b""
        try:
            while piece := os.read(ours, 1 << 16):
                printed += piece
        except OSError:  # Linux reports the other end's closing as an error
            pass
    os.close(ours)
    return printed


class Emulator:
    """One terminal in a page of a browser.

    Attributes:
        size: how many columns and lines it has.
    """

    def __init__(self, page: Page, size: Size) -> None:
        self._page = page
        self.size = size

    def write(self, printed: bytes) -> None:
        """Show what a program printed."""
        self._page.evaluate("text => write(text)", base64.b64encode(printed).decode())

    def fit(self) -> None:
        """Make the window as high as what is shown."""
        self._page.evaluate("fit()")

    def picture(self) -> bytes:
        """Return what is to be seen, as PNG."""
        return self._page.locator("#window").screenshot()


@contextmanager
def opened(
    browser: Browser, script: Path, size: Size, scheme: Scheme, *, scale: float
) -> Iterator[Emulator]:
    """Open a terminal in a browser.

    Args:
        browser: the browser.
        script: the folder of xterm.js, as `fetch_script` makes it.
        size: how many columns and lines it has.
        scheme: its colours.
        scale: how many pixels of a picture are one of the page.
    """
    page = browser.new_page(device_scale_factor=scale, viewport={"width": 1400, "height": 900})
    try:
        page.set_content(_PAGE)
        page.add_style_tag(path=script / "css" / "xterm.css")
        page.add_script_tag(path=script / "lib" / "xterm.js")
        options = {"cols": size.columns, "rows": size.lines, "theme": COLORS[scheme], "font": FONT}
        page.evaluate(_OPEN, json.dumps(options))
        yield Emulator(page, size)
    finally:
        page.close()


_PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0 }
#window { display: inline-block; padding: 14px 16px; border: 1px solid #8885 }
.xterm .xterm-viewport { background: none !important }
</style><div id="window"><div id="terminal"></div></div>"""

_OPEN = """async text => {
  const asked = JSON.parse(text)
  await document.fonts.load(`14px "${asked.font}"`)
  const terminal = new Terminal({
    cols: asked.cols, rows: asked.rows, scrollback: 0, fontSize: 14, cursorInactiveStyle: "none",
    fontFamily: `"${asked.font}", "DejaVu Sans Mono", monospace`, fontWeightBold: "700",
    drawBoldTextInBrightColors: false,
    theme: {
      ...asked.theme, cursor: asked.theme.background,
      overviewRulerBorder: asked.theme.background,
    },
  })
  document.getElementById("window").style.background = asked.theme.background
  terminal.open(document.getElementById("terminal"))
  window.write = text => new Promise(done =>
    terminal.write(Uint8Array.from(atob(text), it => it.charCodeAt(0)), done))
  window.fit = () => {
    const shown = terminal.buffer.active
    let last = shown.length
    while (last > 1 && !shown.getLine(last - 1).translateToString(true)) last--
    terminal.resize(asked.cols, last)
    return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  }
}"""


def fetch_script(folder: Path) -> Path:
    """Fetch xterm.js from npm into a folder; return where its files are."""
    done = subprocess.run(
        ["npm", "pack", "--silent", XTERM], cwd=folder, check=True, capture_output=True, text=True
    )
    with tarfile.open(fileobj=io.BytesIO((folder / done.stdout.strip()).read_bytes())) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"
