"""Acting by clicks, in a real browser, on a remote with the hook and with three people's keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from browsers import PATIENCE, Visit, launched
from fixtures_of_policy import People
from keys import use
from mreg import Registry
from mreg.governance import hooks
from mreg.web.ui import pages
from mreg.web.ui.connections import Bounds
from people import Shared, share
from repositories import Maker, Repository, Tag
from uis import ServedUi, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.integration

MODEL = "m/remote/churn/index.html"
POLICY = """\
push: true
registry: acme
signatures: required
principals:
  ann: {{emails: [ann@example.com], keys: "{ann}"}}
  bob: {{emails: [bob@example.com], keys: "{bob}"}}
  carl: {{emails: [carl@example.com], keys: "{carl}"}}
register: {{by: [ann, bob]}}
stages:
  prod: {{approvals: 2, approvers: [bob, carl]}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


class Person(NamedTuple):
    """Somebody who looks at the pages that their own clone serves.

    Attributes:
        ui: the server.
        visit: the browser's window.
    """

    ui: ServedUi
    visit: Visit

    @property
    def page(self) -> Page:
        """What is in the window."""
        return self.visit.page

    def opens(self, path: str) -> None:
        """Open a page, once it is there, and mark it: it is not to be loaded again."""
        self.page.goto(f"http://{self.ui.host}/{path}")
        self.page.wait_for_selector(".ui-live[data-state=good]")
        self.page.evaluate("window.marked = true")

    def sees(self, selector: str, text: str) -> None:
        """Wait until the page shows something; it was not loaded again for that."""
        self.page.locator(selector, has_text=text).first.wait_for()
        assert self.page.evaluate("window.marked") is True

    def begins(self, action: str, **values: str) -> None:
        """Click a button, fill its form in, and ask what would happen."""
        more = self.page.locator(".panel.ui details:not([open]) summary")
        button = self.page.locator(f"main button[data-action={action}]")
        if not button.is_visible():
            more.click()
        button.click()
        for name, value in values.items():
            field = self.page.locator(f".ui-box [name='{name}']")
            if field.evaluate("it => it.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.get_by_role("button", name="Preview").click()
        self.page.locator(".ui-rehearsal, .ui-refused").first.wait_for()
        assert self.page.locator(".ui-rehearsal").count() == 1, self.says()

    def says(self) -> str:
        """Return what the box says."""
        return self.page.locator(".ui-box").inner_text()

    def does(self) -> None:
        """Click the button that does what was rehearsed, and wait until it is done."""
        self.page.locator(".ui-box [data-act]").click()
        self.page.locator(".ui-done").wait_for()
        assert "Published to origin." in self.says()
        self.closes()

    def closes(self) -> None:
        """Close the box."""
        self.page.locator(".ui-box [data-close]").click()


@pytest.fixture
def team(
    make_repository: Maker, tmp_path: Path, people: People, browser: Browser
) -> Iterator[dict[str, Person]]:
    """Three people, each with a clone, a key and a browser; one version is in production."""
    found = share(make_repository, tmp_path, str(tmp_path))
    clones = {"ann": found.ann, "bob": found.bob, "carl": found.another("carl")}
    for name, it in clones.items():
        settings = {"user.name": name.title(), "user.email": f"{name}@example.com"}
        for key, value in {**settings, **use(people[name])}.items():
            it.git("config", key, value)
    _agree(found, clones, people)
    hooks.install(found.remote.opened, "pre-receive")
    with ExitStack() as open_:
        yield {name: _person(it, browser, open_) for name, it in clones.items()}


def _agree(found: Shared, clones: dict[str, Repository], people: People) -> None:
    ann = Registry.open(found.ann.path)
    ann.register("churn", push=True)
    ann.promote("churn", "prod", push=True)
    keys = {name: people[name].public for name in clones}
    (found.ann.path / ".mreg.yaml").write_text(POLICY.format(**keys))
    found.ann.git("add", ".mreg.yaml")
    found.ann.git("commit", "-q", "-m", "Agree on a policy")
    found.ann.git("push", "-q", "origin", "main")
    for it in (found.bob, clones["carl"]):
        it.git("pull", "-q")
        Registry.open(it.path).approve("churn@v0.0.1", "prod", push=True)


def _person(clone: Repository, browser: Browser, open_: ExitStack) -> Person:
    registry = Registry.open(clone.path)
    registry.network = registry.network._replace(signing=60)
    ui = open_.enter_context(serving(registry, interval=0.7, bounds=Bounds(look=0.4)))
    context = _window(browser, open_)
    visit = Visit(context)
    visit.go(ui.door.first_address)
    visit.page.wait_for_selector("#rows")
    open_.callback(lambda: _quiet(visit))
    return Person(ui, visit)


def _window(browser: Browser, open_: ExitStack) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    open_.callback(context.close)
    return context


def _quiet(visit: Visit) -> None:
    assert visit.complaints == []


def test_a_version_goes_its_way_by_clicks(team: dict[str, Person]) -> None:
    for it in team.values():
        it.opens(MODEL)
    _go_its_way(*team.values())
    _act_at_once(team["ann"], team["bob"])


def _go_its_way(ann: Person, bob: Person, carl: Person) -> None:
    """Register a version, be refused, have it approved, promote it, and roll it back."""
    ann.begins("register", rev="HEAD", message="Smaller trees")
    assert "churn@v0.0.2" in ann.says()
    assert "As Ann <ann@example.com>, known to the policy as ann; signed with" in ann.says()
    assert "mreg register churn HEAD -m 'Smaller trees'" in ann.says()
    ann.does()
    for it in (ann, bob, carl):
        it.sees(".versions", "v0.0.2")

    ann.begins("promote", version="v0.0.2", stage="prod")
    assert "does not allow promoting churn v0.0.2 to prod" in ann.says()
    assert "approvals: 0 of 2" in ann.says()
    assert ann.page.locator(".ui-box [data-act]").count() == 0
    ann.closes()

    for it, following, have in ((bob, carl, "1 of 2"), (carl, ann, "2 of 2")):
        it.begins("approve", version="v0.0.2", stage="prod", message="Measured again")
        it.does()
        following.sees(".rail", have)

    ann.begins("promote", version="v0.0.2", stage="prod")
    assert "✓ approvals" in ann.says()
    ann.does()
    carl.sees(".rail .st", "v0.0.2")

    ann.begins("rollback", stage="prod", message="Too slow")
    assert "prod then holds\nv0.0.1" in ann.says()
    ann.does()
    for it in (ann, bob):
        it.sees(".pulledback", "Too slow")


def _act_at_once(*two: Person) -> None:
    """Let two people do the same at the same page: one of them does, and the other is told."""
    for it in two:
        it.begins("deprecate", message="over")
        assert "churn@deprecated" in it.says()
    for it in two:
        it.page.locator(".ui-box [data-act]").click(no_wait_after=True)
    for it in two:
        it.page.locator(".ui-done, .ui-refused").first.wait_for()
    ends = sorted(it.page.locator(".ui-done").count() for it in two)
    assert ends == [0, 1]
    lost = next(it for it in two if not it.page.locator(".ui-done").count())
    assert "churn has changed since" in lost.says()
    lost.page.get_by_role("button", name="Show the current state").click()
    lost.sees("h1 ~ .tag", "deprecated")
    tags = Registry.open(two[0].ui.application.pages.sources[0].registry.path).history("churn")
    assert [it.action for it in tags].count("deprecate") == 1


@pytest.fixture
def alone(make_repository: Maker) -> Iterator[ServedUi]:
    tags = [Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 86_400), Tag("spam@v1.0.0", 0)]
    tags += [Tag("churn#prod#1", 0, 10, message="To prod\n\nVersion: v1.0.0")]
    entry = b"churn: {type: model, params: {depth: 3}}\n"
    made = make_repository(tags, commits=[{"artifacts.yaml": entry}, {}, {}])
    with serving(Registry.open(made.path)) as found:
        yield found


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_what_is_served_is_whole_on_any_screen(
    browser: Browser, alone: ServedUi, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    visit = Visit(context)
    page = visit.go(alone.door.address)
    page.wait_for_selector("#rows")
    assert visit.overhang == 0
    assert page.locator("button", has_text="Register a model").is_visible()
    page.goto(f"http://{alone.host}/m/repository/churn/index.html")
    page.locator(".panel.ui").wait_for()
    assert visit.overhang == 0
    page.locator("button[data-action=promote]").click()
    page.get_by_role("button", name="Preview").click()
    page.locator(".ui-rehearsal").wait_for()
    assert visit.overhang == 0
    assert visit.faults() == []
    page.keyboard.press("Escape")
    page.locator(".panel.ui summary").click()
    page.locator("button[data-action=deregister]").click()
    page.locator(".ui-box [name=version]").select_option("v1.0.0")
    page.get_by_role("button", name="Preview").click()
    page.locator(".ui-field #ui-wrong").wait_for()
    assert visit.overhang == 0
    assert visit.faults() == []
    page.get_by_label("Even if it holds a stage").check()
    page.get_by_role("button", name="Preview").click()
    page.locator(".ui-rehearsal").wait_for()
    assert visit.faults() == []
    red = page.locator(".ui-ending dt").first.evaluate("it => getComputedStyle(it).color")
    go = page.locator(".ui-box [data-act]")
    assert go.evaluate("it => getComputedStyle(it).backgroundColor") == red
    assert go.is_visible()
    context.close()
    assert visit.complaints == []
    assert [it for it in visit.requests if not it.startswith(f"http://{alone.host}/")] == []


def test_searching_and_looking_back(browser: Browser, alone: ServedUi) -> None:
    context = browser.new_context()
    visit = Visit(context)
    page = visit.go(alone.door.address)
    page.locator("button", has_text="Register a model").wait_for()
    page.fill("#q", "params.depth=3 or latest=false")
    page.locator("#said", has_text="1 of 2").wait_for()
    page.fill("#q", "params.depth=")
    page.locator("#said", has_text="value").wait_for()
    page.fill(".ui-at input", "2023-11-14")
    page.press(".ui-at input", "Enter")
    page.wait_for_url("**/at/2023-11-14/**", timeout=PATIENCE)
    page.locator(".ui-live", has_text="as of 2023-11-14").wait_for()
    page.goto(f"http://{alone.host}/at/2023-11-14/m/repository/churn/index.html")
    page.locator(".versions", has_text="v1.0.0").wait_for()
    assert page.locator("[id='v1.1.0']").count() == 0
    assert page.locator(".st time").first.inner_text() == "14 Nov 2023"
    assert page.locator(".panel.ui").count() == 0
    page.goto(f"http://{alone.host}/stages.html")
    page.locator(".ui-live").wait_for()
    assert page.locator("button", has_text="Register a model").count() == 0
    context.close()
    assert visit.complaints == []


def test_a_page_that_takes_long_to_make_comes_by_itself(
    browser: Browser, alone: ServedUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks before it is made gets the one before; no further event has to come."""
    context = browser.new_context()
    visit = Visit(context)
    visit.go(alone.door.address)
    person = Person(alone, visit)
    person.opens("m/repository/churn/index.html")
    monkeypatch.setattr(pages, "PATIENCE", 0)
    alone.application.pages.sources[0].registry.promote("churn@v1.0.0", "staging")
    person.sees("main", "staging")
    context.close()
    assert visit.complaints == []


def is_at(page: Page, selector: str) -> None:
    """Wait until the keyboard is somewhere."""
    page.wait_for_function("it => document.activeElement?.matches(it)", arg=selector)


def test_an_action_goes_by_keyboard_alone(browser: Browser, alone: ServedUi) -> None:
    """Where the keyboard is: in the first field, at one that is wrong, at what comes next, then
    back at the button."""
    context = browser.new_context()
    visit = Visit(context)
    visit.go(alone.door.address)
    Person(alone, visit).opens("m/repository/churn/index.html")
    page = visit.page
    page.locator(OPENER).focus()
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [name=version]")
    page.locator(STAGE).fill("staging")
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [data-act]")
    assert page.get_by_role("dialog", name="Promote churn").is_visible()
    page.locator(".ui-box [data-back]").press("Enter")
    is_at(page, ".ui-box [name=version]")
    assert page.locator(STAGE).input_value() == "staging"
    page.keyboard.press("Escape")
    is_at(page, OPENER)

    page.keyboard.press("Enter")
    is_at(page, ".ui-box [name=version]")
    _be_told_beside_the_field(page)
    page.locator(STAGE).fill("staging")
    _act_once(visit)
    is_at(page, ".ui-box [data-close]")
    page.keyboard.press("Enter")
    page.locator("main .st", has_text="staging").wait_for()
    is_at(page, OPENER)
    assert visit.complaints == []  # the browser complains of what follows
    _act_upon_a_server_that_is_gone(page)
    context.close()


OPENER, STAGE = "main button[data-action=promote]", ".ui-box [name=stage]"


def _be_told_beside_the_field(page: Page) -> None:
    """Put in what is wrong, and then something else."""
    field = page.locator(STAGE)
    field.fill("no stage")
    field.press("Enter")
    is_at(page, ".ui-box .ui-field [name=stage][aria-invalid=true]")
    said = page.locator(f".ui-field:has([name=stage]) > #{field.get_attribute('aria-describedby')}")
    assert "error: 'no stage' is not a stage name" in said.inner_text()
    field.fill("other")
    assert said.count() == 0
    assert field.get_attribute("aria-invalid") is field.get_attribute("aria-describedby") is None


def _act_once(visit: Visit) -> None:
    """Hold a key down, and click twice: neither goes a step further than what was seen."""
    page = visit.page
    page.locator(STAGE).focus()
    page.keyboard.down("Enter")
    is_at(page, ".ui-box [data-act]")
    act = page.locator(".ui-box [data-act]")
    page.keyboard.down("Enter")
    act.dispatch_event("click", {"detail": 2})
    assert act.is_visible()
    assert page.locator(".ui-box[aria-busy]").count() == 0
    page.keyboard.up("Enter")
    act.evaluate("it => { it.click(); it.click(); }")
    page.locator(".ui-done").wait_for()
    assert sum(it.endswith("/ui/act") for it in visit.requests) == 1


def _act_upon_a_server_that_is_gone(page: Page) -> None:
    """Begin, lose the server, and go on; then begin again."""
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [name=version]")
    page.locator(STAGE).fill("dev")
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [data-act]")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [data-back]")
    said = page.locator(".ui-box").inner_text()
    assert "the server does not answer; the result is unknown" in said
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    is_at(page, ".ui-box [data-close]")
    said = page.get_by_role("dialog", name="Promote", exact=True).inner_text()
    assert "whether" not in said
