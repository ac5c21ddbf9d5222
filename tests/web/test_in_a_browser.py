"""The pages in a real browser: whole, quiet, usable by everybody, with script and without."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import company
import pytest

import mreg
from browsers import Visit, launched, served
from mreg.web import site
from repositories import Maker, Tag

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.integration

INDEX, CHURN = "index.html", "m/customer-ml/churn/index.html"
COMPARE = "compare.html#m=customer-ml/churn"
MONTH = "activity/2026-05.html"
LISTS = ("stages.html", "waiting.html", "activity/index.html", MONTH)
PAGES = (
    INDEX,
    CHURN,
    COMPARE,
    *LISTS,
    "m/customer-ml/features/index.html",
    "m/platform/spam/index.html",
    "compare.html#m=platform/spam",  # whose latest version has most to say beside its name
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("company")
    made = company.make(place / "repositories", ("customer-ml", "platform"))
    site.build(place / "site", [mreg.Registry.open(it) for it in made], title="Acme")
    return place / "site"


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    found = Visit(context)
    yield found
    context.close()
    assert found.complaints == []


SIZES = ({"width": 1400, "height": 900}, {"width": 390, "height": 900})


def test_each_page_is_whole_and_every_link_leads_to_something(
    browser: Browser, address: str, folder: Path
) -> None:
    context = browser.new_context(color_scheme="light")
    visit = Visit(context)
    for name in PAGES:
        visit.page.set_viewport_size(SIZES[0])  # type: ignore[arg-type]
        visit.page.emulate_media(color_scheme="light")
        visit.go(address + name)
        check_links(visit, address, folder, name)
        for scheme, size in product(("light", "dark"), SIZES):
            visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            visit.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert visit.overhang == 0, (name, scheme, size)
            # Either width, either scheme: to look at all four takes long, and finds no more.
            looked_at = (scheme, size) in (("light", SIZES[0]), ("dark", SIZES[1]))
            if looked_at and name in (INDEX, CHURN, COMPARE, *LISTS):
                assert visit.faults() == [], (name, scheme, size)
    context.close()
    assert visit.complaints == []
    assert [it for it in visit.requests if not it.startswith(address)] == []


def check_links(visit: Visit, address: str, folder: Path, name: str) -> None:
    for link in visit.page.evaluate("[...document.links].map((it) => it.href)"):
        if not link.startswith(address):
            continue
        path, _, anchor = link.removeprefix(address).partition("#")
        assert (folder / path).is_file(), link
        if anchor and path == name:
            assert visit.page.locator(f"[id='{anchor}']").count() == 1, link


@pytest.mark.parametrize("script", [True, False])
def test_a_folder_does_without_a_server_and_pages_without_script(
    browser: Browser, folder: Path, script: bool
) -> None:
    size = {"width": 390, "height": 900}
    context = browser.new_context(viewport=size, java_script_enabled=script)  # type: ignore[arg-type]
    visit = Visit(context)
    for name in PAGES:
        visit.go(f"{folder.as_uri()}/{name}")
        if script:
            assert visit.overhang == 0
        assert visit.page.locator(".script").first.is_visible() is script
    visit.go((folder / INDEX).as_uri())
    assert visit.page.locator("#rows > tr").count() == 20
    visit.page.locator("#rows a", has_text="churn").first.click()
    assert visit.page.locator("h1").inner_text() == "churn"
    visit.page.get_by_text("Show as a table").click()
    assert visit.page.get_by_role("region", name="History of the stages").is_visible()
    context.close()
    assert visit.complaints == []
    assert [it for it in visit.requests if not it.startswith("file:")] == []


def names(visit: Visit) -> list[str]:
    return visit.page.locator("#rows th a").all_inner_texts()


def test_what_is_searched_filtered_and_sorted_stands_in_the_address(
    visit: Visit, address: str
) -> None:
    page = visit.go(address + INDEX)
    before = names(visit)
    page.fill("#q", "spam")
    assert names(visit) == ["spam"]
    assert page.url.endswith("#q=spam")
    page.fill("#q", "stage=prod and metrics.auc>=0.1")
    found = names(visit)
    assert "churn" in found
    assert "spam" not in found
    page.fill("#q", "metrics.auc>=")
    assert page.locator("#said").inner_text() == "a value is missing"
    page.fill("#q", "")
    assert names(visit) == before
    page.evaluate("location.hash = 'is=constructor'")  # which is no filter, as every object has it
    page.get_by_role("button", name="waiting").click()
    assert names(visit) == ["churn"]
    assert page.url.endswith("#is=waiting")
    page.get_by_role("button", name="waiting").click()
    page.get_by_role("combobox", name="repository").select_option("platform")
    assert len(names(visit)) == 10
    page.get_by_role("button", name="model", exact=True).click()
    assert names(visit) == sorted(names(visit))
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("model")
    again = Visit(page.context)
    again.go(page.url)
    assert names(again) == names(visit)
    page.go_back()
    assert again.complaints == []


def test_the_rows_of_the_page_and_of_the_script_are_the_same(visit: Visit, address: str) -> None:
    page = visit.go(address + INDEX)
    rows = page.locator("#rows > tr")
    before = rows.all_inner_texts()
    page.fill("#q", "m")
    page.fill("#q", "")
    assert rows.all_inner_texts() == before


_MOVED = """() => {
  window.moved = [];
  new MutationObserver((list) => list.forEach((it) => window.moved.push(
    ...[...it.addedNodes].map((row) => `+${row.querySelector("a").textContent}`),
    ...[...it.removedNodes].map((row) => `-${row.querySelector("a").textContent}`),
  ))).observe(document.querySelector("#rows"), { childList: true });
}"""


def test_a_key_leaves_the_rows_that_stay_where_they_are(visit: Visit, address: str) -> None:
    page = visit.go(address + INDEX)
    before = names(visit)
    page.evaluate(_MOVED)
    page.fill("#q", " ")
    assert page.evaluate("window.moved") == []
    page.fill("#q", "spam")
    gone = [f"-{it}" for it in before if it != "spam"]
    assert page.evaluate("window.moved") == gone
    page.fill("#q", "")
    assert page.evaluate("window.moved.length") == 2 * len(gone)
    assert names(visit) == before


def test_what_is_drawn_is_there_as_a_table(visit: Visit, address: str) -> None:
    page = visit.go(f"{address}{INDEX}#q=spam")
    page.get_by_text("Show the charts as a table").click()
    row = page.locator("details tbody tr").inner_text()
    assert row.startswith("spam\t")
    assert row.count("pulled back") >= 1
    assert " to now\tprecision\t" in row
    assert visit.faults() == []


QUERIES = (
    "stage=prod",
    "stage!=prod and latest=true",
    "version>=2",
    "version<v2.0.0-rc.1 or version=v3",
    "artifact~SPAM",
    "not (owner=team-crm or owner='team-support')",
    "label=security and deprecated=false",
    "deprecated=true",
    "framework.name=catboost",
    'description~"customer" and license=internal',
    "type=dataset",
    "metrics.auc>=0.6 and stage=prod",
    "metrics.precision<1e3",
)


def test_the_language_of_the_box_is_that_of_search(
    visit: Visit, address: str, folder: Path
) -> None:
    page = visit.go(address + INDEX)
    repositories = [folder.parent / "repositories" / it for it in ("customer-ml", "platform")]
    registries = [mreg.Registry.open(it) for it in repositories]
    newest = {
        it.name: it.latest for registry in registries for it in registry.artifacts(deprecated=True)
    }
    for text in QUERIES:
        page.fill("#q", text)
        expected = set()
        for registry in registries:
            for it in registry.search(text, ended="deprecated" in text):
                if it.version.current or it.version == newest[it.version.artifact]:
                    expected.add(it.version.artifact)
        assert set(names(visit)) == expected, text


def test_keys_do_what_the_foot_says(visit: Visit, address: str) -> None:
    page = visit.go(address + INDEX)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    first = names(visit)[0]
    assert page.locator("tr.chosen th a").inner_text() == first
    page.keyboard.press("Enter")
    page.wait_for_url("**/m/**")
    assert page.locator("h1").inner_text() == first


def test_any_two_versions_are_compared(visit: Visit, address: str) -> None:
    page = visit.go(address + COMPARE)
    title = page.locator("#title")
    page.wait_for_selector("#metrics")
    assert title.inner_text() == "churn: v5.2.0 against v5.1.0"
    assert page.locator("#summary").inner_text().endswith("Better in auc, latency_ms.")
    auc = page.locator(".metrics tbody tr").first
    assert auc.locator("td").all_inner_texts()[:3] == ["0.709", "0.730", "+0.021\n+2.96 %"]
    assert page.locator("[aria-labelledby=params] tbody th").all_inner_texts() == [
        "depth",
        "months",
    ]
    page.get_by_role("button", name="only differences").click()
    assert (
        page.locator("[aria-labelledby=params] tbody tr").last.inner_text() == "seed\t7\tthe same"
    )
    page.get_by_role("button", name="swap").click()
    assert title.inner_text() == "churn: v5.1.0 against v5.2.0"
    page.get_by_label("base").select_option("v1.0.0")
    assert "a=v1.0.0" in page.url
    assert "b=v5.1.0" in page.url
    again = Visit(page.context)
    again.go(page.url).wait_for_selector("#metrics")
    assert again.page.locator("#title").inner_text() == "churn: v5.1.0 against v1.0.0"
    assert again.complaints == []
    page.get_by_text("Show all versions as a table").click()
    page.get_by_role("region", name="Metrics of all versions (table)").wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_on_a_phone_each_value_stands_under_its_heading(
    browser: Browser, address: str, script: bool
) -> None:
    size = {"width": 390, "height": 900}
    context = browser.new_context(viewport=size, java_script_enabled=script)  # type: ignore[arg-type]
    page = Visit(context).go(address + CHURN)
    for row in ("thead > tr", "tbody > tr:nth-child(1)", "tbody > tr:nth-child(2)"):
        cells = page.locator(f".versions {row} > *").all()
        shown = [number for number, it in enumerate(cells) if it.is_visible()]
        assert shown == [0, 1, 2, 3], row
    context.close()


def test_paper_shows_no_controls(visit: Visit, address: str) -> None:
    page = visit.go(address + COMPARE)
    page.wait_for_selector("#metrics")
    page.emulate_media(media="print")
    assert page.locator("#pickers, #theme, nav, .copy, #help").locator("visible=true").count() == 0
    assert page.locator("#metrics").is_visible()


def test_a_model_is_chosen_where_the_address_names_none(visit: Visit, address: str) -> None:
    page = visit.go(address + "compare.html")
    page.get_by_role("link", name="churn: v5.2.0 against v5.1.0").click()
    page.wait_for_selector("#metrics")
    page.goto(address + "compare.html")
    page.get_by_label("model").select_option(label="spam")
    page.wait_for_selector("#metrics")
    assert page.locator("#title").inner_text().startswith("spam: ")
    assert "m=platform%2Fspam" in page.url
    page.goto(address + "compare.html#m=../../secret")
    page.reload()
    assert page.locator("#title").inner_text() == "Compare versions"


def test_versions_lead_to_their_comparison(visit: Visit, address: str) -> None:
    page = visit.go(address + CHURN)
    page.locator("[id='v5.0.0'] .compare").get_by_text("previous").click()
    page.wait_for_selector("#metrics")
    assert page.locator("#title").inner_text() == "churn: v5.0.0 against v4.0.0"
    page.go_back()
    page.keyboard.press("c")
    page.wait_for_selector("#metrics")
    assert page.locator("#title").inner_text() == "churn: v5.2.0 against v5.1.0"
    page.goto(address + INDEX)
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector("#metrics")


def test_light_and_dark_are_remembered(visit: Visit, address: str) -> None:
    page = visit.go(address + INDEX)
    page.click("#theme")
    assert page.evaluate("document.documentElement.className") == "js dark"
    page.goto(address + CHURN)
    assert page.evaluate("document.documentElement.className") == "js dark"


@pytest.fixture(scope="module")
def long_words(tmp_path_factory: pytest.TempPathFactory, _templates: Path) -> Iterator[str]:
    """A site of which the names, values and addresses have no place to break."""
    place = tmp_path_factory.mktemp("long")
    long = "W" * 300
    said = f"type: model, owner: {long}, description: {long}, labels: [{long}, constructor]"
    entry = f"{{{said}, metrics: {{a{long}: {10**30}}}, params: {{{long}: {long}}}}}"
    files = {"artifacts.yaml": f"valueOf: {entry}\nother: {entry}\n".encode()}
    tags = [Tag(f"{name}@v1.{it}.0") for name in ("valueOf", "other") for it in range(2)]
    tags += [Tag("other#constructor#1"), Tag(f"valueOf#{'s' * 120}#1")]
    repo = Maker(place, _templates)(tags, commits=[files])
    site.build(place / "site", [mreg.Registry.open(repo.path)])
    with served(place / "site") as found:
        yield found


def test_long_words_do_not_move_a_page_sideways(visit: Visit, long_words: str) -> None:
    model = "m/repository/value~of/index.html"
    for name in (INDEX, "stages.html", model, "compare.html", "compare.html#m=repository/other"):
        visit.go(long_words + name)
        if name.startswith("compare"):
            visit.page.wait_for_selector("#pickers select")
        for size in SIZES:
            visit.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert visit.overhang == 0, (name, size)


def test_the_widest_table_scrolls_by_itself(visit: Visit, long_words: str) -> None:
    page = visit.go(long_words + INDEX)
    for width in (1200, 1000, 780, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert visit.overhang == 0, width
    page.evaluate("document.styleSheets[1].disabled = true")  # as if it had not come
    assert visit.overhang == 0


def test_names_that_every_object_has_are_no_fields(visit: Visit, long_words: str) -> None:
    page = visit.go(f"{long_words}{INDEX}#q=constructor%3D1")
    assert "constructor is not in the index" in page.locator("#said").inner_text()
    page = visit.go(f"{long_words}{INDEX}?again#q=__proto__%3D1&is=constructor")
    assert "__proto__ is not in the index" in page.locator("#said").inner_text()
