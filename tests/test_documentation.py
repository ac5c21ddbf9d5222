"""The documentation as a site: mkdocs.yml, the hook in docs/theme, and what `make docs` builds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
import yaml
from cmarkgfm.cmark import Options

from browsers import Visit, launched, served
from documents import ROOT
from github_markdown import BRANCH, for_mkdocs
from mreg.system.distribution import REPOSITORY

DOCS = ROOT / "docs"
PAGES = [it.relative_to(DOCS).as_posix() for it in sorted(DOCS.rglob("*.md"))]
WIDEST = ["README.md", "concepts/performance.md", "how-to/ci.md", "reference/commands.md"]
URL = REPOSITORY.removesuffix(".git")


class _Settings(yaml.SafeLoader):  # type: ignore[misc]
    """Reads mkdocs.yml, in which a value may name a function of Python."""


_Settings.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def settings() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text(), _Settings)
    return found


class TestSettings:
    def test_the_repository_is_the_one_that_mreg_is_installed_from_and_the_readme_clones(
        self,
    ) -> None:
        clone = re.search(r"^git clone (\S+)\.git\b", (ROOT / "README.md").read_text(), re.M)
        assert clone
        assert settings()["repo_url"] == clone[1] == URL

    def test_pages_are_edited_on_the_branch_that_links_lead_to(self) -> None:
        assert settings()["edit_uri"] == f"edit/{BRANCH}/docs/"

    def test_a_section_is_no_deeper_than_two(self) -> None:
        def depth(entry: Any) -> int:
            under = next(iter(entry.values())) if isinstance(entry, dict) else None
            return 1 + max(map(depth, under)) if isinstance(under, list) else 0

        assert max(map(depth, settings()["nav"])) <= 2

    def test_what_is_drawn_is_a_picture(self) -> None:
        """Material fetches Mermaid from elsewhere when somebody reads."""
        assert not [it for it in PAGES if "```mermaid" in (DOCS / it).read_text()]


class TestPages:
    @pytest.mark.parametrize("page", PAGES)
    def test_it_begins_with_its_title_and_what_it_is_for(self, page: str) -> None:
        title, blank, first = (DOCS / page).read_text().splitlines()[:3]
        assert re.match(r"# \w", title)
        assert not blank
        assert re.match(r"[\w*`\[]", first) or page.startswith("adr/0")

    @pytest.mark.parametrize("page", PAGES)
    def test_a_link_is_called_by_what_it_leads_to(self, page: str) -> None:
        assert not re.findall(r"\[[^\]\s]+\.md\]\(", (DOCS / page).read_text())


PICTURES = DOCS / "pictures"
MOST_BYTES = 900_000
"""What the pictures of commands may weigh together: everyone who clones mreg has them."""


def shown() -> set[str]:
    """Return the pictures that the pages and the README show, by their paths."""
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    return {
        (it.parent / path).resolve().relative_to(ROOT).as_posix()
        for it in pages
        for path in re.findall(r"!\[[^\]]*\]\(([^)#:]+)", it.read_text())
    }


class TestPictures:
    def test_each_that_a_page_shows_exists_and_each_that_exists_is_shown(self) -> None:
        found = {it.relative_to(ROOT).as_posix() for it in PICTURES.iterdir()}
        assert {it for it in shown() if it.startswith("docs/pictures/")} == found
        assert all((ROOT / it).is_file() for it in shown())

    def test_one_of_a_terminal_is_shown_in_both_themes_with_the_same_words(self) -> None:
        form = re.compile(
            r"^!\[([^\]]+)\]\((.+/terminal-.+)-(light|dark)\.png#gh-(.+)-mode-only\)$"
        )
        for page in PAGES:
            lines = (DOCS / page).read_text().splitlines()
            found = [form.findall(it) for it in lines if "/terminal-" in it]
            assert all(len(it) == 1 and it[0][2] == it[0][3] for it in found), page
            light, dark = ([it for [it] in found if it[2] == of] for of in ("light", "dark"))
            assert [it[:2] for it in light] == [it[:2] for it in dark], page

    def test_those_of_terminals_are_light(self) -> None:
        assert sum(it.stat().st_size for it in PICTURES.glob("terminal-*")) < MOST_BYTES


class TestHook:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "examples" / "ci").mkdir(parents=True)
        (tmp_path / "examples" / "README.md").touch()
        return tmp_path

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[it](../../examples/README.md)", f"[it]({URL}/blob/main/examples/README.md)"),
            ("[it](../../examples/README.md#a)", f"[it]({URL}/blob/main/examples/README.md#a)"),
            ("[`it`](../../examples/ci)", f"[`it`]({URL}/tree/main/examples/ci)"),
            ("```console fresh\n$ mreg\n```", "```console\n$ mreg\n```"),
            ("    ```yaml pre-commit\n    a\n    ```", "    ```yaml\n    a\n    ```"),
        ],
    )
    def test_what_mkdocs_does_not_take_is_changed(
        self, root: Path, text: str, expected: str
    ) -> None:
        assert for_mkdocs(text, "docs/how-to/ci.md", root, URL) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "[it](watch.md#events), [it](../reference/json.md), [it](#here)",
            "[it](https://example.com/../../examples)",
            "`[it](../../examples/README.md)`",
            "```text\n[it](../../examples/README.md)\n```",
            '```python title="train.py"\n1\n```',
            "````text\n```console fresh\n```\n````",
        ],
    )
    def test_all_else_stays(self, root: Path, text: str) -> None:
        assert for_mkdocs(text, "docs/how-to/ci.md", root, URL) == text

    @pytest.mark.parametrize("target", ["../../examples/missing", "../../../other/README.md"])
    def test_a_link_to_nothing_is_refused(self, root: Path, target: str) -> None:
        with pytest.raises(FileNotFoundError):
            for_mkdocs(f"[it]({target})", "docs/how-to/ci.md", root, URL)


class Reading(HTMLParser):
    """What a reader finds in the article of a page.

    Attributes:
        elements: the kinds of its elements, in their order.
        text: its words outside of code.
        images: the addresses of its pictures.
        title: of the whole page, as the browser's tab has it.
    """

    KINDS = frozenset(
        ("h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "pre", "img", "blockquote")
    )

    def __init__(self, html: str, *, whole: bool) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = self.title = ""
        self.images: list[str] = []
        self._inside = whole
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside |= tag == "article"
        self._open.append(tag)
        if self._inside and tag in self.KINDS:
            self.elements.append(tag)
        if self._inside and tag == "img":
            self.images.append(values["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "article"
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        if self._inside and not {"code", "pre", "script", "style"} & set(self._open):
            self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("documentation")
    words = ["build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def built(site: Path, page: str) -> Path:
    """Return where a page of docs/ is in the site."""
    path = site / page.removesuffix("README.md").removesuffix(".md")
    return path / "index.html"


@pytest.mark.integration
class TestSite:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_page_is_what_it_is_on_github(self, page: str, site: Path) -> None:
        """Python-Markdown has its own mind about lists, and about what is indented in them."""
        html = cmarkgfm.github_flavored_markdown_to_html(
            (DOCS / page).read_text(), Options.CMARK_OPT_UNSAFE
        )
        here = Reading(built(site, page).read_text(), whole=False)
        assert Counter(here.elements) == Counter(Reading(html, whole=True).elements)

    @pytest.mark.parametrize("page", PAGES)
    def test_a_page_has_a_title_its_pictures_and_no_markdown(self, page: str, site: Path) -> None:
        path = built(site, page)
        here = Reading(path.read_text(), whole=False)
        assert here.elements[0] == "h1"
        assert here.elements.count("h1") == 1
        assert here.title.strip()
        assert not re.search(r"```|\]\(|^\s*\|", here.text, re.M)
        files = [it.partition("#")[0] for it in here.images]  # behind it: in the dark, or the light
        assert all((path.parent / it).resolve().is_file() for it in files)

    def test_it_has_nothing_that_is_no_document(self, site: Path) -> None:
        assert not list(site.rglob("*.py"))
        assert not (site / "theme").exists()


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as it:
        yield it


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as it:
        yield it


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide", "phone"])
def visit(request: pytest.FixtureRequest, browser: Any) -> Iterator[Visit]:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    with context:
        yield Visit(context)


@pytest.mark.integration
class TestInABrowser:
    def test_a_page_fits_its_window_and_loads_nothing_from_elsewhere(
        self, visit: Visit, site: Path, address: str
    ) -> None:
        narrow = visit.page.viewport_size and visit.page.viewport_size["width"] < 500
        for page in [it for it in PAGES if narrow and not it.startswith("adr/0")] or WIDEST:
            visit.go(f"{address}{built(site, page).parent.relative_to(site)}/")
            assert visit.overhang == 0, page
        assert not [it for it in visit.requests if not it.startswith(address)]
        assert not visit.complaints

    @pytest.mark.parametrize(
        ("words", "page"),
        [
            ("rollback", "reference/commands"),
            ("promote", "reference/commands"),
            ("did not verify", "troubleshooting"),
        ],
    )
    def test_a_search_finds_it(self, words: str, page: str, visit: Visit, address: str) -> None:
        here = visit.go(f"{address}?q={words}")
        here.wait_for_selector(".md-search-result__link")
        found = [
            it.get_attribute("href") or "" for it in here.locator(".md-search-result__link").all()
        ]
        assert any(f"{page}/" in it for it in found), found

    def test_the_copy_button_takes_what_is_typed(self, visit: Visit, address: str) -> None:
        here = visit.go(f"{address}reference/search/")
        here.locator("pre button").first.click()
        copied = here.evaluate("navigator.clipboard.readText()")
        assert copied.split("\n")[0].startswith("mreg search")
        assert all(it.startswith("mreg ") for it in copied.split("\n") if it)
