"""Take the pictures of docs/how-to/mlflow.md: MLflow's own page of a made-up company.

    .venv/with_mlflow/bin/python tests/with_mlflow/pictures_of_mlflow.py docs/pictures

It needs Chromium; `make test-integrations` makes the environment.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(_ROOT / "examples"), str(_ROOT / "tests" / "support")]

import company  # noqa: E402
import servers  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402 - what is beside it comes first

from mreg import Registry  # noqa: E402
from mreg.integrations import names  # noqa: E402
from mreg.integrations.mlflow import numbers  # noqa: E402

VIEW = {"width": 1400, "height": 800}


def main(target: Path) -> None:
    """Make the company's registries in a temporary folder, serve one, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        made = company.make(Path(folder) / "company")
        repo = next(it for it in made if it.name == "customer-ml")
        held = Registry.open(repo).resolve("churn#prod")
        model, version = names.shown("churn"), numbers.number(str(held.version))
        pages = {
            "models": ("models", "churn"),
            "model": (f"models/{model}", str(version)),
            "version": (f"models/{model}/versions/{version}", "mreg.version"),
        }
        uri = f"mreg://{repo}"
        with servers.serving(uri, Path(folder)) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport=VIEW, color_scheme="light")  # type: ignore[arg-type]
            for called, (path, last) in pages.items():
                page.goto(f"{address}/#/{path}")
                page.get_by_text(last).filter(visible=True).first.wait_for(timeout=60_000)
                for name in ("Try it now", "Close"):  # what MLflow would like to tell first
                    found = page.get_by_role("button", name=name, exact=True).filter(visible=True)
                    if found.count():
                        found.last.click()
                        found.last.wait_for(state="detached")
                page.wait_for_timeout(2_000)  # until what grows and fades has done so
                page.screenshot(path=target / f"mlflow-{called}.png")
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
