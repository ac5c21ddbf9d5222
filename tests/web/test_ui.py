"""Live pages: current, as of other times, searched; and acting from them."""

from __future__ import annotations

import asyncio
import html
import re
import socket
import struct
import subprocess
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.system import cache
from mreg.web.ui import connections, forms, pages
from mreg.web.ui.actions import ACTIONS as ACTIONS_BY_NAME
from people import Shared
from repositories import Maker, Repository, Tag
from uis import PATIENCE, QUICK, ServedUi, serving

CHURN = "m/repository/churn"
PAGE = f"/{CHURN}/index.html"
POLICY = """\
principals:
  ann: {emails: [ann@example.com]}
  bob: {emails: [bob@sample.org]}
stages:
  dev: {}
  prod: {from: dev, approvals: 1, approvers: [bob]}
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    tags = [
        Tag("churn@v1.0.0", 0, 0),
        Tag("churn@v1.1.0", 1, 86_400),
        Tag("churn#prod#1", 0, 10, message="To prod\n\nVersion: v1.0.0"),
        Tag("churn#prod#2", 1, 90_000, message="To prod\n\nVersion: v1.1.0"),
        Tag("other@v1.0.0", 2, 0),
    ]
    files = {"artifacts.yaml": b"churn: {type: model, params: {depth: 3}}\n"}
    return make_repository(tags, commits=[files, files, {}])


@pytest.fixture
def ui(repo: Repository) -> Iterator[ServedUi]:
    with serving(Registry.open(repo.path)) as found:
        yield found


def said(page: str, key: str) -> str:
    found = re.search(f'<meta name="mreg-{key}" content="([^"]*)">', page)
    assert found, key
    return html.unescape(found[1])


def text(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup))


def acting(ui: ServedUi, path: str, action: str, seen: str | None = None, /, **values: Any) -> Any:
    """Send what a click on the model's page sends."""
    state = said(ui.page(PAGE), "seen") if seen is None else seen
    return ui.act(path, action, CHURN, {"message": "", **values}, state)


def promote(ui: ServedUi, version: str, path: str = "act", seen: str | None = None) -> Any:
    return acting(ui, path, "promote", seen, version=version, stage="prod")


def test_the_pages_are_those_of_a_site(ui: ServedUi, repo: Repository, tmp_path: Path) -> None:
    Registry.open(repo.path).site(tmp_path / "site")
    ui.page("/")
    for name in ("index.html", f"{CHURN}/index.html", "data/index.json", f"{CHURN}/data.json"):
        ours = (tmp_path / "site" / name).read_text()
        served = ui.page(f"/{name}")
        if name.endswith(".html"):
            start, _, rest = ours.partition('<meta http-equiv="Content-Security-Policy"')
            assert served.startswith(start)
            assert served.endswith(rest[rest.index('<meta name="viewport"') :])
        else:
            assert served == ours
    assert ui.ask("/nothing.html").status == 404
    assert ui.ask("/m/repository/nothing/index.html").status == 404


def test_a_folder_is_its_index_as_on_any_web_host(ui: ServedUi) -> None:
    for folder in ("/activity/", f"/{CHURN}/", f"/at/2030-01-01/{CHURN}/"):
        assert ui.page(folder) == ui.page(f"{folder}index.html")
    assert "in 1 month, in UTC" in ui.page("/activity/")
    assert ui.ask("/m/repository/nothing/").status == 404


def test_an_event_is_on_the_next_page_and_news_to_those_who_listen(
    ui: ServedUi, repo: Repository
) -> None:
    before = ui.page(PAGE)
    with ui.connect() as listening:
        asked = f"GET /ui/events HTTP/1.1\r\nHost: {ui.host}\r\nCookie: {ui.cookie}\r\n\r\n"
        listening.sendall(asked.encode())
        read = listening.makefile("rb")
        data = (it for it in read if it.startswith(b"data: "))
        assert next(data).decode().strip() == f"data: {said(before, 'state')}"
        Registry.open(repo.path).promote("churn@v1.0.0", "prod")
        news = next(data).decode().strip()
    after = ui.page(PAGE)
    assert news == f"data: {said(after, 'state')}"
    assert said(before, "seen") != said(after, "seen")
    assert "churn#prod#3" in ui.page(f"/{CHURN}/data.json")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The artifacts that are read, each time any are."""
    found: list[Any] = []
    profiles = Registry.profiles

    def noted(self: Registry, names: Any = None, **more: Any) -> Any:
        found.append(names)
        return profiles(self, names, **more)

    monkeypatch.setattr(Registry, "profiles", noted)
    return found


def test_only_what_changed_is_read(ui: ServedUi, repo: Repository, read: list[Any]) -> None:
    ui.page(PAGE)
    read.clear()
    ui.page("/")
    ui.page(PAGE)
    assert read == []
    Registry.open(repo.path).promote("churn@v1.0.0", "prod")
    ui.page("/")
    ui.page("/m/repository/other/index.html")
    assert read == [["churn"], ["other"]]


def test_what_took_long_to_make_is_kept_for_the_next_server(
    repo: Repository, read: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SLOW", -1)

    def served() -> list[str]:
        read.clear()
        with serving(Registry.open(repo.path)) as ui:
            return [ui.page(it) for it in ("/", "/activity/index.html", "/data/index.json")]

    first = served()
    assert read == [["churn", "other"]]
    assert served() == first
    assert read == []
    (kept,) = (cache.folder() / "pages").iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole.replace(b"churn", b"chorn"), b"\xff"):
        kept.write_bytes(damaged)
        assert served() == first
        assert read == [["churn", "other"]]
    kept.unlink()
    kept.mkdir()
    assert served() == first


def test_pages_as_of_a_time(ui: ServedUi) -> None:
    away = ui.ask(f"{PAGE}?at=2023-11-14")
    assert away.status == 303
    assert away.headers["Location"] == "../../../at/2023-11-14/m/repository/churn/index.html"
    page = ui.page("/at/2023-11-14/m/repository/churn/index.html")
    assert said(page, "at") == "2023-11-14"
    assert said(page, "root") == "../../../../../"
    assert 'href="#v1.0.0"' in page
    assert 'id="v1.1.0"' not in page
    back = ui.ask("/at/2023-11-14/m/repository/churn/index.html?at=")
    assert back.headers["Location"] == "../../../../../m/repository/churn/index.html"
    assert "This page cannot be shown" in ui.ask("/?at=whenever").body.decode()


def test_the_search_takes_the_whole_language(ui: ServedUi) -> None:
    ui.page("/")
    found = ui.ask("/ui/search?q=params.depth%3D3%20and%20stage%3Dprod").json()
    assert found == {"pages": [f"{CHURN}/index.html"]}
    assert ui.ask("/ui/search?q=version%3Dv1.0.0").json()["pages"] == [
        "m/repository/other/index.html"
    ]
    assert "params.depth" in ui.ask("/ui/search?q=params.depth%3E").json()["wrong"]


def test_the_buttons_and_forms(ui: ServedUi) -> None:
    ui.page(PAGE)
    buttons = ui.ask(f"/ui/actions?model={CHURN}").body.decode()
    assert "As Ann Example <ann@example.com>; not signed; recorded here." in text(buttons)
    assert 'data-action="push"' not in buttons
    form = ui.ask(f"/ui/form?action=promote&model={CHURN}").body.decode()
    assert re.findall(r'<option value="([^"]+)">v', form) == ["v1.1.0", "v1.0.0"]
    assert 'name="stage"' in form
    assert "no action" in ui.ask(f"/ui/form?action=nothing&model={CHURN}").json()["html"]
    assert 'name="name"' in ui.ask("/ui/form?action=register&model=").body.decode()


def form_of(ui: ServedUi, action: str) -> str:
    return ui.ask(f"/ui/form?action={action}&model={CHURN}").body.decode()


def test_what_ends_something_says_what_stays_and_how_to_take_it_back(ui: ServedUi) -> None:
    ui.page(PAGE)
    buttons = ui.ask(f"/ui/actions?model={CHURN}").body.decode()
    for action in ACTIONS_BY_NAME.values():
        ends = action.ending is not None
        assert ends is (action.name in {"rollback", "reject", "demote", "deregister", "deprecate"})
        assert (f'data-action="{action.name}" class="ui-ends"' in buttons) is ends
        told = text(form_of(ui, action.name))
        assert all((it in told) is ends for it in ("Changes", "Stays the same", "To undo"))
    found = acting(ui, "rehearse", "deregister", version="v1.0.0")
    assert "To undo\nRegister the same version again" in text(found["html"])
    assert 'class="ui-go ui-ends" data-act=""' in found["html"]
    done = acting(ui, "act", "deregister", version="v1.0.0")
    assert "To undo: Register the same version again" in text(done["html"])


def test_only_what_can_be_chosen_is_proposed(ui: ServedUi) -> None:
    ui.page(PAGE)
    assert re.findall(r"<option[^>]*>([^<]*)", form_of(ui, "demote")) == [
        "v1.1.0, in prod",
        "v1.0.0, in prod",
        "prod, now v1.1.0",
    ]
    first = re.search(r"<option[^>]*>([^<]*)", form_of(ui, "deregister"))
    assert first
    assert first[1] == "choose one"
    assert form_of(ui, "register").count('<option value="patch"') == 0
    assert "a patch, unless you enter a version above" in form_of(ui, "register")


def test_nothing_is_offered_that_cannot_be_done(ui: ServedUi) -> None:
    ui.page("/")
    buttons = ui.ask("/ui/actions?model=m/repository/other").body.decode()
    found = re.findall('data-action="([a-z]+)"', buttons)
    assert found == [
        "promote",
        "approve",
        "reject",
        "register",
        "deregister",
        "deprecate",
        "annotate",
    ]


def test_where_nobody_can_act_no_heading_says_so() -> None:
    found = text(str(forms.elsewhere("mreg ui --repo models")))
    assert found.split("\n")[0] == "To make changes, open its repository"
    assert "Act" not in found.split()


def test_what_is_so_already_cannot_be_done_again(ui: ServedUi) -> None:
    found = promote(ui, "v1.1.0", "rehearse")
    assert "Nothing would change" in text(found["html"])
    assert "churn v1.1.0 is already in prod" in text(found["html"])
    assert "data-act" not in found["html"].replace("data-action", "")
    acting(ui, "act", "deprecate")
    told = text(acting(ui, "rehearse", "promote", version="v1.1.0", stage="canary")["html"])
    assert "promote churn v1.1.0 to canary (new stage)" in told
    assert "churn is then no longer deprecated." in told


def test_what_is_missing_is_said_of_its_field(ui: ServedUi) -> None:
    for action, values, field in (
        ("promote", {"version": "v1.0.0", "stage": " "}, "stage"),
        ("promote", {"version": 1, "stage": "prod"}, "version"),
        ("annotate", {}, "type"),
    ):
        assert acting(ui, "rehearse", action, **values)["field"] == field


def test_an_action_is_rehearsed_and_then_done(ui: ServedUi, repo: Repository) -> None:
    before = repo.contents()
    found = acting(ui, "rehearse", "promote", version="v1.0.0", stage="prod", message="It's better")
    assert repo.contents() == before
    assert found["outcome"] == "ready"
    told = text(found["html"])
    for it in ("churn#prod#3", "Ann Example <ann@example.com>", "There is no policy", "not signed"):
        assert it in told
    assert "mreg promote churn@v1.0.0 prod -m 'It'\"'\"'s better'" in told
    done = promote(ui, "v1.0.0")
    assert done["outcome"] == "done"
    assert "promoted churn v1.0.0 to prod (tag churn#prod#3)" in text(done["html"])
    assert Registry.open(repo.path).resolve("churn#prod").version == "v1.0.0"


ACTIONS = [
    ("rollback", {"stage": "prod"}, "rollback churn prod"),
    ("demote", {"version": "v1.1.0", "stage": "prod"}, "demote churn@v1.1.0 prod"),
    ("deregister", {"version": "v1.0.0", "force": "yes"}, "deregister churn@v1.0.0 --force"),
    ("deprecate", {"message": "over"}, "deprecate churn -m over"),
    ("approve", {"version": "v1.1.0", "stage": "prod"}, "approve churn@v1.1.0 prod"),
    ("reject", {"version": "v1.1.0", "stage": "prod"}, "reject churn@v1.1.0 prod"),
    (
        "register",
        {"rev": "main", "version": "", "bump": "minor", "allow_dirty": "yes"},
        "register churn main --bump minor --allow-dirty",
    ),
    (
        "annotate",
        {"owner": "ann", "label": "a, b"},
        "annotate churn --label a --label b --owner ann",
    ),
]


@pytest.mark.parametrize(("action", "values", "command"), ACTIONS, ids=[it[0] for it in ACTIONS])
def test_what_can_be_done(
    ui: ServedUi,
    repo: Repository,
    mreg: CommandLine,
    action: str,
    values: dict[str, str],
    command: str,
) -> None:
    repo.git("reset", "-q", "--hard")
    before = repo.refs()
    rehearsed = acting(ui, "rehearse", action, **values)
    assert rehearsed["outcome"] == "ready", text(rehearsed["html"])
    assert repo.refs() == before
    assert f"mreg {command}" in text(rehearsed["html"])
    assert acting(ui, "act", action, **values)["outcome"] == "done"
    assert repo.refs() != before
    mreg("doctor", repo=repo)


def test_a_page_that_is_out_of_date_is_told_so(ui: ServedUi, repo: Repository) -> None:
    seen = said(ui.page(PAGE), "seen")
    assert promote(ui, "v1.0.0", seen=seen)["outcome"] == "done"
    before = repo.contents()
    for path in ("rehearse", "act"):
        late = promote(ui, "v1.1.0", path, seen)
        assert late["outcome"] == "outdated"
        assert "churn has changed since this page was loaded; nothing was done" in late["html"]
    assert acting(ui, "act", "approve", seen, version="v1.0.0", stage="prod")["outcome"] == (
        "outdated"
    )
    assert acting(ui, "act", "promote", "", version="v1.0.0", stage="prod")["outcome"] == (
        "outdated"
    )
    assert repo.contents() == before


def test_of_two_who_share_a_remote_one_wins(shared: Shared) -> None:
    Registry.open(shared.ann.path).register("churn", push=True, allow_dirty=True)
    Registry.open(shared.bob.path).fetch()
    for it in (shared.ann, shared.bob):
        (it.path / ".mreg.yaml").write_text("push: true\n")
    ann, bob = (Registry.open(it.path) for it in (shared.ann, shared.bob))
    folder = "m/remote/churn"
    with serving(ann) as first, serving(bob) as second:
        sees = [said(it.page(f"/{folder}/index.html"), "seen") for it in (first, second)]
        values = {"version": "v0.0.1", "stage": "prod", "message": ""}
        won = first.act("act", "promote", folder, values, sees[0])
        assert won["outcome"] == "done"
        assert "Published to origin." in text(won["html"])
        tags = shared.tags()
        lost = second.act("act", "deprecate", folder, {"message": ""}, sees[1])
        assert lost["outcome"] == "outdated"
        assert "churn v0.0.1 was already promoted to prod, by" in text(lost["html"])
        assert shared.tags() == tags


def test_what_is_here_alone_is_pushed_by_a_button(shared: Shared) -> None:
    registry = Registry.open(shared.ann.path)
    registry.register("churn", push=True, allow_dirty=True)
    folder = "m/remote/churn"
    with serving(registry) as ui:
        seen = said(ui.page(f"/{folder}/index.html"), "seen")
        values = {"version": "v0.0.1", "stage": "prod", "message": ""}
        done = ui.act("act", "promote", folder, values, seen)
        assert "Not published yet: push it, or undo it with mreg undo churn." in text(done["html"])
        assert 'data-action="push"' in done["html"]
        assert "data-back" not in ui.act("rehearse", "push", folder, {}, "")["html"]
        pushed = ui.act("act", "push", folder, {}, "")
    assert "pushed churn#prod#1" in text(pushed["html"])
    assert "churn#prod#1" in shared.tags()


def test_the_first_version_of_a_model(ui: ServedUi, repo: Repository) -> None:
    ui.page("/")
    values = {"name": "spam", "rev": "main", "version": "", "bump": "", "message": ""}
    assert ui.act("act", "register", "", values, "")["outcome"] == "done"
    assert "spam@v0.0.1" in ui.page("/m/repository/spam/data.json")
    mistyped = ui.act("rehearse", "register", "", {**values, "name": "churm"}, "")
    assert mistyped["outcome"] == "refused"
    assert "did you mean churn?" in text(mistyped["html"])
    assert ui.act("act", "register", "", {**values, "name": ""}, "")["outcome"] == "refused"
    assert mistyped["field"] == "name"


REFUSED = [
    ("promote", {"version": "v1.0.0", "stage": "prod"}, ""),
    ("promote", {"version": "v1.0.0", "stage": "nowhere"}, "stage"),
    ("promote", {"version": "v9.9.9", "stage": "dev"}, "version"),
    ("promote", {"version": "v1.0.0", "stage": "a,b"}, "stage"),
    ("demote", {"version": "v1.0.0", "stage": "dev"}, "version"),
    ("rollback", {"stage": "dev"}, "stage"),
    ("deregister", {"version": "v1.1.0"}, "version"),
    ("approve", {"version": "v1.0.0", "stage": "nowhere"}, "stage"),
    ("reject", {"version": "v9.9.9", "stage": "prod"}, "version"),
    ("register", {"rev": "nothing", "version": "", "bump": ""}, "rev"),
    ("register", {"rev": "main", "version": "one", "bump": ""}, "version"),
    ("register", {"rev": "main", "version": "v3.0.0", "bump": "minor"}, "version"),
    ("annotate", {"path": "../outside"}, "path"),
]
"""What is refused, and the field that it is about."""


def test_refusals_read_as_in_a_terminal(ui: ServedUi, repo: Repository, mreg: CommandLine) -> None:
    (repo.path / ".mreg.yaml").write_text(POLICY)
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Agree on a policy")
    for action, values, field in REFUSED:
        found = acting(ui, "rehearse", action, **values)
        assert found["outcome"] == "refused", (action, values)
        assert found["field"] == field, (action, values)
        boxes = re.findall(r'<pre class="ui-(?:error|hint)">(.*?)</pre>', found["html"], re.DOTALL)
        command = re.search(r"<code>mreg (.*?)</code>", found["html"])
        assert command
        done = mreg(*html.unescape(command[1]).split(" "), repo=repo)
        assert done.code in (1, 2)
        errors = re.sub("(?m)^(warning|note): .*\n", "", done.err)
        assert [html.unescape(it) for it in boxes] == [
            it.strip("\n") for it in re.split("(?m)^(?=hint: )", errors)
        ]
    rules = text(acting(ui, "rehearse", "promote", version="v1.0.0", stage="prod")["html"])
    assert "✗ from: " in rules
    assert "✗ approvals: 0 of 1" in rules
    assert "✓ registered: " in rules


def test_a_remote_that_cannot_be_asked_is_told_of(shared: Shared) -> None:
    registry = Registry.open(shared.ann.path)
    registry.register("churn", push=True, allow_dirty=True)
    shared.remote.path.rename(shared.remote.path.with_name("gone.git"))
    with serving(registry, interval=0.1, bounds=QUICK) as ui:
        before = ui.application.state()
        assert ui.application.catch_up() == 0.1
        assert ui.application.state() != before
        assert said(ui.page("/"), "trouble")
        shared.remote.path.with_name("gone.git").rename(shared.remote.path)
        ui.application.catch_up()
        assert said(ui.page("/"), "trouble") == ""


def listens(ui: ServedUi) -> bool:
    try:
        ui.connect().close()
    except ConnectionError:
        return False
    return True


def test_what_is_being_recorded_is_finished_when_the_server_ends(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    promoting = Registry.promote

    def slowly(self: Registry, *given: Any, **more: Any) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE)
        return promoting(self, *given, **more)

    monkeypatch.setattr(Registry, "promote", slowly)
    with ThreadPoolExecutor() as others, serving(Registry.open(repo.path)) as ui:
        seen = said(ui.page(PAGE), "seen")
        answer = others.submit(promote, ui, "v1.0.0", "act", seen)
        assert begun.wait(PATIENCE)
        ui.stop()
        while listens(ui):
            pass
        go_on.set()
        assert answer.result(PATIENCE)["outcome"] == "done"
    assert Registry.open(repo.path).resolve("churn#prod").version == "v1.0.0"


def test_a_registry_by_url_is_asked_when_it_is_time(shared: Shared) -> None:
    ann = Registry.open(shared.ann.path)
    ann.register("churn", push=True, allow_dirty=True)
    with serving(Registry.open(shared.remote.path.as_uri()), interval=0.1) as ui:
        seen = said(ui.page("/m/remote/churn/index.html"), "seen")
        state = ui.application.state()
        ann.promote("churn", "prod", push=True)
        assert ui.application.state() == state
        assert ui.application.catch_up() == 0.1
        assert ui.application.state() != state
        values = {"version": "v0.0.1", "stage": "staging", "message": ""}
        late = ui.act("act", "promote", "m/remote/churn", values, seen)
        assert late["outcome"] == "outdated"
        seen = said(ui.page("/m/remote/churn/index.html"), "seen")
        done = ui.act("act", "promote", "m/remote/churn", values, seen)
        assert done["outcome"] == "done", done
        assert "churn#staging#2" in ui.page("/m/remote/churn/data.json")
    assert "churn#staging#2" in shared.tags()


def test_whoever_hangs_up_before_the_refusal_comes_is_no_bug() -> None:
    found: list[BaseException | None] = []

    async def serve() -> None:
        ended = asyncio.Event()

        async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            asking.close()
            try:
                await connections.close(reader, writer, refused=True)
            except ConnectionError:  # which is what a server expects
                pass
            except Exception as error:
                found.append(error)
            ended.set()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            asking = socket.create_connection(server.sockets[0].getsockname())
            await ended.wait()

    asyncio.run(serve())
    assert found == []


def test_what_cannot_be_read_is_said_and_later_read(repo: Repository) -> None:
    with serving(Registry.open(repo.path)) as ui:
        ui.page("/")
        moved = repo.path.with_name("moved")
        repo.path.rename(moved)
        assert said(ui.page("/"), "trouble")
        moved.rename(repo.path)
        assert said(ui.page("/"), "trouble") == ""


def test_a_key_that_cannot_sign_refuses_with_the_reason(repo: Repository, tmp_path: Path) -> None:
    key = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-C", "", "-f", str(key)]
    subprocess.run(make, check=True)
    settings = {"tag.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": str(key)}
    for name, value in settings.items():
        repo.git("config", name, value)
    registry = Registry.open(repo.path)
    registry.network = registry.network._replace(signing=60)
    with serving(registry) as ui:
        assert promote(ui, "v1.0.0", "rehearse")["outcome"] == "ready"
        found = promote(ui, "v1.0.0")
        assert found["outcome"] == "refused"
        assert "passphrase" in text(found["html"])
