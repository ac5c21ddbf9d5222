"""Plots on the page of a model, and of two versions on the compare page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import mreg
from browsers import Visit, launched, served
from mreg.web import site
from repositories import Maker, Repository, Tag

PNG = b"\x89PNG\r\n\x1a\n"
EVIL = "</script><img src=x onerror=alert(1)>"
PIPELINE = f"""\
plots:
- loss: {{x: step, y: {{a.csv: [loss, acc]}}, title: "{EVIL}", y_label: "{EVIL}"}}
- b.csv: {{template: confusion, x: actual, y: predicted}}
- p.png
- gone.csv
"""
FILES = {
    "artifacts.yaml": b"churn: {path: model.pkl}\n",
    "a.csv": b"step,loss,acc\n0,1,0.1\n1,nan,0.2\n2,0.5,0.3\n",
    "b.csv": f"actual,predicted\n{EVIL},y\nx,x\n".encode(),
    "p.png": PNG,
    "dvc.yaml": PIPELINE.encode(),
}
FOLDER = "m/repository/churn"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    second = {"a.csv": b"step,loss,acc\n0,0.9,0.1\n1,0.4,0.2\n", "p.png": PNG + b"2"}
    third = {"dvc.yaml": b"{}\n"}
    tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1), Tag("churn@v2.0.0", 1, 2)]
    return make_repository(tags, commits=[FILES, second, third])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the site goes."""
    return tmp_path / "site"


def build(repo: Repository, folder: Path) -> set[str]:
    report = site.build(folder, [mreg.Registry.open(repo.path)])
    return set(report.written)


def of_script(folder: Path) -> dict[str, Any]:
    text = (folder / FOLDER / "plots.js").read_text()
    assert "<" not in text
    found: dict[str, Any] = json.loads(text.removeprefix('mreg("plots", ').removesuffix(");\n"))
    return found


class Seen(HTMLParser):
    """Which elements a page has, and its texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(str(dict(attrs)["src"]))
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_latest_over_what_production_has(repo: Repository, folder: Path) -> None:
    build(repo, folder)
    seen = Seen()
    seen.feed((folder / FOLDER / "index.html").read_text())
    assert "v1.0.0 and v2.0.0" in seen.texts
    assert EVIL in seen.texts
    assert {"v1.0.0 loss", "v2.0.0 acc"} <= set(seen.texts)
    assert "a.csv: 1 values of loss are not finite numbers, and are not drawn" in seen.texts
    assert "2 could not be read" in seen.texts
    assert len(seen.images) == 2
    assert all((folder / FOLDER / it).read_bytes().startswith(PNG) for it in seen.images)
    assert seen.tags.count("script") == 2  # those of every model's page


def test_the_compare_page_has_them_in_a_script(repo: Repository, folder: Path) -> None:
    build(repo, folder)
    found = of_script(folder)
    assert found["page"] == f"{FOLDER}/index.html"
    assert found["versions"].keys() == {"v1.0.0", "v2.0.0"}
    first, confusion, _ = found["versions"]["v1.0.0"]
    assert (first["title"], first["x"]) == (EVIL, "step")
    assert first["series"][0] == ["loss", [0, 1, 2], [1, None, 0.5], []]
    assert confusion["series"][0][1:] == [[EVIL, "x"], ["y", "x"], [1, 1]]


def test_what_is_as_it_was_is_not_written_and_what_is_gone_is_removed(
    repo: Repository, folder: Path
) -> None:
    files = build(repo, folder)
    images = {it for it in files if it.endswith(".png")}
    assert len(images) == 2
    assert build(repo, folder) == set()
    whole = {it: (folder / it).read_bytes() for it in files}
    again = folder / "again"
    build(repo, again)
    assert all((again / it).read_bytes() == raw for it, raw in whole.items())
    repo.git("tag", "-a", "-m", "x", "churn@v3.0.0", repo.commits[2])
    build(repo, folder)
    left = {it.relative_to(folder).as_posix() for it in (folder / FOLDER).rglob("*.png")}
    assert len(left) == 1, "only that of production is left"


def test_a_model_without_plots_has_none_of_it(make_repository: Maker, folder: Path) -> None:
    repo = make_repository([Tag("churn@v1.0.0")], commits=[{"a.csv": b"a\n1\n"}])
    files = build(repo, folder)
    assert f"{FOLDER}/plots.js" not in files
    assert "plots" not in (folder / FOLDER / "index.html").read_text()


def test_addresses_in_plots_are_left_out(make_repository: Maker, folder: Path) -> None:
    said = b"plots: [a.csv: {title: by ann@example.com}]"
    repo = make_repository([Tag("churn@v1.0.0")], commits=[{"a.csv": b"a\n1\n", "dvc.yaml": said}])
    build(repo, folder)
    assert "ann@example.com" not in (folder / FOLDER / "index.html").read_text()
    assert of_script(folder)["versions"]["v1.0.0"][0]["title"] == "by ann"


@pytest.mark.integration
def test_in_a_browser(repo: Repository, folder: Path) -> None:
    """A browser takes seconds to start; nothing else tells whether the script draws."""
    build(repo, folder)
    with served(folder) as address, launched() as browser:
        for width, place in ((1400, address), (390, folder.as_uri() + "/")):
            context = browser.new_context(viewport={"width": width, "height": 900})
            visit = Visit(context)
            page = visit.go(f"{place}compare.html#m=repository/churn&a=v1.0.0&b=v2.0.0")
            page.wait_for_selector("#plots .figure")
            assert page.locator("#plots .figure").count() == 3
            assert page.locator("#plots .figure .f-title").first.text_content() == EVIL
            assert page.locator("#plots tbody tr").count() == 3 + 3 + 2 + 2 + 2 + 2
            assert visit.overhang == 0
            page.select_option("#pickers select[name=a]", "v2.0.0")
            assert page.locator("#plots .figure").count() in (2, 3)
            if width > 1000:
                assert visit.faults() == []
            visit.go(f"{place}{FOLDER}/index.html")
            assert visit.overhang == 0
            if width > 1000:
                assert visit.faults() == []
            # The images of this test are none but by their first bytes.
            assert visit.complaints == []
            context.close()


def test_many_large_plots_leave_the_page_small(make_repository: Maker, folder: Path) -> None:
    names = [f"c{it}" for it in range(20)]
    rows = [
        ",".join(str((it * 7919 * (n + 3)) % 9973 / 97) for n in range(20)) for it in range(300)
    ]
    classes = "\n".join(f"{it % 41},{it % 37}" for it in range(5000))
    files = {
        "a.csv": "\n".join([",".join(names), *rows]).encode(),
        "b.csv": f"actual,predicted\n{classes}\n".encode(),
        "dvc.yaml": json.dumps(
            {
                "plots": [
                    {"b.csv": {"template": "confusion", "x": "actual", "y": "predicted"}},
                    *({f"p{it}": {"y": {"a.csv": names[: 7 * it]}}} for it in range(1, 9)),
                ]
            }
        ).encode(),
    }
    tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1), Tag("churn@v2.0.0", 1, 2)]
    build(make_repository(tags, commits=[files, {"c": b""}]), folder)
    page = (folder / FOLDER / "index.html").read_text()
    assert 2 <= page.count('class="figure"') < 8
    assert "only the first 8 of its 41 classes are drawn" in page
    assert len(page.encode()) < 60_000
    assert len((folder / FOLDER / "plots.js").read_bytes()) < 1_000_000
