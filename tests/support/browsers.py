"""A real browser for the tests of pages: Chromium, as Debian and others have it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "html:not(.js), html:not(:has(#search)), html:not(:has(#rows)), #more + details"
PATIENCE = 60_000
"""For so many milliseconds a page may keep a test waiting; on a busy machine all takes long."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a browser; skip the test where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is no browser here: {', '.join(NAMES)} (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, timeout=PATIENCE)
        yield browser
        browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, and yield its address."""
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Visit:
    """A page in a browser, and what went wrong in it.

    Attributes:
        page: the page.
        complaints: what the browser complained of.
        requests: the addresses that were asked.
    """

    def __init__(self, context: BrowserContext) -> None:
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda it: self.complaints.append(str(it)))
        self.page.on("request", lambda it: self.requests.append(it.url))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def go(self, address: str) -> Page:
        """Open a page."""
        self.page.goto(address, wait_until="load")
        # A script fetches the index of the models when their first rows can be seen.
        self.page.wait_for_selector(READY, state="attached")
        return self.page

    @property
    def overhang(self) -> int:
        """By how many pixels the page is wider than its window."""
        found: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return found

    def faults(self) -> list[str]:
        """Return what axe-core finds wrong with the page for those who cannot see it well."""
        if self.page.evaluate("typeof axe") == "undefined":
            package = resources.files("axe_playwright_python")
            self.page.evaluate(package.joinpath("axe.min.js").read_text("utf-8"))
        found = self.page.evaluate(
            """axe.run().then((it) => it.violations.map((one) =>
            `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html).join(" | ")}`))"""
        )
        return [str(it) for it in found]
