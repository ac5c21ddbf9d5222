"""Pages in a browser: how soon something is seen, and what a key in the filter costs.

Chromium is driven by Playwright, each visit in a context of its own, which has nothing cached;
pages come over http from this machine. Beside mreg's stands the registry of MLflow, over as many
models and versions of one run, in SQLite.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import builds
import registries
from figure import Bound, Figure
from surroundings import CACHE, ENVIRONMENT

from mreg.web import dashboard, rows, site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VISITS = 7
MODELS, RELEASES = 1_000, 100
FEW, MANY = 100, 10_000
_PATIENCE = 60_000
_WAITS = 120

_PAINT = """() => new Promise((done) => {
  const told = (list) => {
    const it = list.getEntriesByName("first-contentful-paint")[0];
    if (it) done(it.startTime);
  };
  new PerformanceObserver(told).observe({ type: "paint", buffered: true });
})"""

_ROW = """
  new MutationObserver((_, observer) => {
    if (!document.querySelector(SELECTOR)) return;
    observer.disconnect();
    requestAnimationFrame(() => { window.firstRow = performance.now(); });
  }).observe(document, { childList: true, subtree: true });
"""
_LINK = "[role=row] a[href*='#/models/']"

# What a key costs: from the input event until the frame after it is ready to be shown.
_KEYS = """async (words) => {
  const box = document.querySelector("#q"), took = [];
  for (const word of words) for (let n = 1; n <= word.length; n++) {
    const begin = performance.now();
    box.value = word.slice(0, n);
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    took.push(performance.now() - begin);
    await new Promise((done) => setTimeout(done, 0));
  }
  return took;
}"""
_WORDS = ("team-04", "stage=prod and metrics.accuracy>=0.001")


class Visited(NamedTuple):
    """A visit of a page: after how many milliseconds it was there, and how many bytes came."""

    after: float
    sent: float


def measured(folder: Path) -> Iterator[Figure]:
    """Open a site's pages, larger and smaller dashboards, and MLflow's pages."""
    try:
        with _launched() as browser:
            yield from _dashboards(browser, folder)
            yield from _against_mlflow(browser, folder)
    except _Missing as error:
        yield Figure("pages in a browser", "wall", failed=str(error))


class _Missing(Exception):
    """What is needed is not here."""


@contextmanager
def _launched() -> Iterator[Browser]:
    import shutil

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise _Missing("there is no Chromium here (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise _Missing("Playwright is not installed (pip install -e .[test])") from None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, timeout=_PATIENCE)
        yield browser
        browser.close()


# The dashboard


def _dashboards(browser: Browser, folder: Path) -> Iterator[Figure]:
    """Hold dashboards of many models against one of few, and press keys in their filters."""
    known = json.loads((folder / "mreg-site.json").read_text("utf-8"))["kept"]["models"]
    whole = [it["row"] for models in known.values() for it in models.values()]
    places = {
        count: _dashboard(CACHE / f"dashboard-{count}", whole, count)
        for count in (FEW, MODELS, MANY)
    }
    with _served(CACHE) as address:
        pages = {count: f"{address}{it.name}/index.html" for count, it in places.items()}
        paints: dict[int, list[Visited]] = {count: [] for count in pages}
        for _ in range(VISITS):
            for count, page in pages.items():
                paints[count].append(_visit(browser, page, _paint))
        yield _ratio(
            f"first contentful paint of the dashboard, {MANY:,} models : {FEW} models",
            _afters(paints[MANY]),
            _afters(paints[FEW]),
            Bound(1.3),
        )
        for count in (MODELS, MANY):
            took = _keys(browser, pages[count])
            question = f"a key press in the filter of {count:,} models, 95th percentile"
            slow = statistics.quantiles(took, n=20)[-1] / 1000
            spread = (min(took) / 1000, max(took) / 1000)
            yield Figure(
                question,
                "wall",
                wall=slow,
                unit="s",
                spread=spread,
                pairs=len(took),
                bound=Bound(0.05),
            )


def _dashboard(folder: Path, known: list[rows.Row], count: int) -> Path:
    """Write the dashboard of so many models: those that are known, time and again."""
    repeated = (
        known[it % len(known)] | {"name": f"{known[it % len(known)]['name']}-{it // len(known)}"}
        for it in range(count)
    )
    found = tuple(rows.ordered(repeated))
    repositories = tuple(sorted({it["repository"] for it in found}))
    index = dashboard.Index("Models", found, repositories, (), rows.newest(found))
    found_: list[tuple[str, str | bytes]] = [*dashboard.files(index)]
    for name, content in [*found_, *((path, site.asset(it)) for it, path in site.ASSETS.items())]:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _keys(browser: Browser, page: str) -> list[float]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        opened = context.new_page()
        opened.goto(page, wait_until="load", timeout=_PATIENCE)
        opened.wait_for_selector("#chips select", timeout=_PATIENCE)
        opened.evaluate(_KEYS, _WORDS)  # once to warm up, as for whoever types on
        found: list[float] = opened.evaluate(_KEYS, _WORDS)
        return found
    finally:
        context.close()


# Beside MLflow


def _against_mlflow(browser: Browser, folder: Path) -> Iterator[Figure]:
    """Hold the pages against those of MLflow, over as many models with as many versions."""
    titles = ("all models", "one model")
    try:
        server = builds.mlflow()
        store = registries.kept(f"mlflow-{MODELS}x{RELEASES}-1", __file__)
    except (OSError, subprocess.CalledProcessError, SystemExit) as error:
        for it in titles:
            yield Figure(
                f"MLflow {builds.MLFLOW}, {it}", "wall", failed=f"MLflow is not here: {error}"
            )
        return
    page = next((folder / "m").rglob("index.html")).relative_to(folder).as_posix()
    with _served(folder) as ours, _running(server, store) as theirs:
        pairs = (
            (titles[0], f"{ours}index.html", f"{theirs}#/models"),
            (titles[1], f"{ours}{page}", f"{theirs}#/models/team-050-model-3"),
        )
        for title, own, other in pairs:
            painted: list[Visited] = []
            first: list[Visited] = []
            for _ in range(VISITS - 2):
                first.append(_visit(browser, other, _first_row))
                painted.append(_visit(browser, own, _paint))
            question = (
                f"first row of MLflow {builds.MLFLOW}, {title} : first contentful paint of mreg"
            )
            yield _ratio(question, _afters(first), _afters(painted), Bound(5, least=True))
            for who, found in ((f"MLflow {builds.MLFLOW}", first), ("mreg", painted)):
                sent = statistics.median(it.sent for it in found) / 1000
                yield Figure(f"sent to the browser by {who}, {title}", "size", sent, unit="kB")


@contextmanager
def _running(build: builds.Build, store: Path) -> Iterator[str]:
    """Run MLflow's server on loopback, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = build.command("mlflow", "server", "--host", "127.0.0.1", "--port", str(port))
    uri = f"sqlite:///{store / 'mlflow.db'}"
    # It starts its workers by names on the path.
    environment = {**ENVIRONMENT, "PATH": f"{build.scripts}{os.pathsep}{os.environ['PATH']}"}
    started = subprocess.Popen(
        [*words, "--workers", "1", "--backend-store-uri", uri],
        env=environment,
        cwd=store,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(f"{address}health", started)
        yield address
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(30)


def _wait_for(address: str, started: subprocess.Popen[bytes]) -> None:
    for _ in range(2 * _WAITS):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if started.poll() is not None:
                break
            time.sleep(0.5)
    raise _Missing("MLflow's server does not start")


def make(folder: Path) -> None:
    """Fill a store of MLflow."""
    folder.mkdir(parents=True)
    program = Path(__file__).with_name("fill_mlflow.py")
    given = (str(MODELS), str(RELEASES), str(folder / "mlflow.db"))
    words = builds.mlflow().python(str(program), *given)
    subprocess.run(words, env=ENVIRONMENT, cwd=folder, capture_output=True, check=True)


# Visits


def _visit(browser: Browser, address: str, when: Callable[[Any], float]) -> Visited:
    """Open a page with nothing cached, and return when what is waited for was there."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(_ROW.replace("SELECTOR", json.dumps(_LINK)))
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sent: list[float] = []
        session.on("Network.loadingFinished", lambda it: sent.append(it["encodedDataLength"]))
        page.goto(address, wait_until="load", timeout=_PATIENCE)
        after = when(page)
        return Visited(after, sum(sent))
    finally:
        context.close()


def _paint(page: Any) -> float:
    return float(page.evaluate(_PAINT))


def _first_row(page: Any) -> float:
    found = page.wait_for_function("() => window.firstRow", timeout=_PATIENCE)
    return float(found.json_value())


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, and yield its address."""
    server = _Server(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that is closed while something is sent to it."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _afters(found: list[Visited]) -> list[float]:
    return [it.after / 1000 for it in found]


def _ratio(question: str, first: list[float], second: list[float], bound: Bound) -> Figure:
    found = [a / b for a, b in zip(first, second, strict=True)]
    took = (statistics.median(first), statistics.median(second))
    return Figure(
        question,
        "wall",
        wall=statistics.median(found),
        spread=(min(found), max(found)),
        took=took,
        pairs=len(found),
        bound=bound,
    )


if __name__ == "__main__":
    import sys

    make(Path(sys.argv[1]))
