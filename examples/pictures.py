"""Take the pictures of docs/: the pages of the demo and of a made-up company, in a real browser.

    python examples/pictures.py docs/pictures

It needs Chromium and playwright (the extra `test`). What is there was taken with Noto Sans
(Debian: fonts-noto-core); with another font every picture changes.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import company
from playwright.sync_api import Page, sync_playwright

import mreg
from mreg.web import site

WIDTH, HEIGHT = 1400, 900


def main(target: Path) -> None:
    """Make both sites in a temporary folder, and take their pictures."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        demo = [sys.executable, str(Path(__file__).with_name("demo.py")), str(place / "demo")]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
        site.build(place / "small", [mreg.Registry.open(place / "demo")])
        made = company.make(place / "company")
        site.build(place / "large", [mreg.Registry.open(it) for it in made], title="Acme models")
        large = (place / "large").as_uri()
        pages = {
            "dashboard": f"{large}/index.html",
            "model": f"{large}/m/customer-ml/churn/index.html",
            "compare": f"{large}/compare.html#m=customer-ml/churn",
            "rollback": (place / "small" / "m" / "demo" / "iris" / "index.html").as_uri(),
        }
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
            for scheme in ("light", "dark"):
                view = {"width": WIDTH, "height": HEIGHT}
                page = browser.new_page(viewport=view, color_scheme=scheme)  # type: ignore[arg-type]
                page.clock.set_fixed_time(company.NOW)
                for called, address in pages.items():
                    page.goto(address)
                    page.wait_for_selector("#metrics" if called == "compare" else "h1")
                    page.screenshot(path=target / f"{called}-{scheme}.png")
            act(
                browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}),
                place / "demo",
                target,
            )
            browser.close()


def act(page: Page, repo: Path, target: Path) -> None:
    """Begin a rollback on the served pages of the demo, and take a picture of what would happen."""
    words = [sys.executable, "-m", "mreg", "ui", "--no-browser", "--repo", str(repo)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines = iter(server.stdout or ())
            address = next(found[0] for it in lines if (found := re.search(r"http://\S+", it)))
            page.clock.set_fixed_time(company.NOW)
            page.goto(address)
            page.get_by_role("link", name="iris", exact=True).first.click()
            page.locator("[data-action=rollback]").click()
            page.locator(".ui-box textarea").fill("Wrong on new flowers")
            page.get_by_role("button", name="Show what would happen").click()
            page.locator(".ui-rehearsal").wait_for()
            page.screenshot(path=target / "acting-light.png")
        finally:
            server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
