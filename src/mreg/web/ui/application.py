"""What is served where: pages, news of them, a search, and acting."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from mreg.core import stages
from mreg.errors import MregError, NotFound, Outdated, UsageError
from mreg.render import markup as h
from mreg.render.markup import Content
from mreg.web import frame, names
from mreg.web import stages as stages_page
from mreg.web.read import PageSource
from mreg.web.site import ASSETS as OF_SITES
from mreg.web.site import asset
from mreg.web.ui import actions, forms
from mreg.web.ui.forms import Choices
from mreg.web.ui.pages import Edition, LivePages, ModelPlace, NotReady, moment
from mreg.web.ui.requests import HTML, JSON, TEXT, BadRequest, HttpAnswer, HttpRequest, plainly
from mreg.web.ui.running import Heard, WhatRuns

if TYPE_CHECKING:
    from mreg.registry import Registry

AT = "at/"
"""What the addresses of pages as of a time begin with: `at/2026-03-03/index.html`. Links between
pages are relative, so that who reads them stays in that time."""

ASSETS = {path: name for name, path in OF_SITES.items()} | {
    "a/ui.js": "ui.js",
    "a/ui.css": "ui.css",
    "favicon.ico": "icon.svg",
}
"""The files that need no registry: those of every site, and those of served pages alone."""

_KINDS = {
    "html": HTML,
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": JSON,
    "svg": "image/svg+xml",
    "xml": "application/xml",
    **{it: f"image/{it}" for it in ("png", "jpeg", "gif", "webp")},
}
_LONGEST_TIME = 64


class ServedPages:
    """The application that a `Server` serves: pages of registries, live, that let people act.

    Attributes:
        pages: the pages.
        read_only: why nobody may act; empty where they may.
    """

    def __init__(
        self,
        pages: LivePages,
        *,
        read_only: str = "",
        interval: float | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare it; nothing is read yet.

        Args:
            pages: the pages.
            read_only: why nobody may act; empty where they may.
            interval: the seconds after which remotes are asked for news again; None: never.
            secrets: the variables `MREG_ENDPOINT_...` that endpoints may be sent; None: none is
                asked what it runs.
        """
        self._running = None if secrets is None else WhatRuns(lambda: pages.sources, secrets)
        self.pages = pages
        self.read_only = read_only
        self._interval = interval
        self._trouble: dict[str, str] = {}
        self._acting: dict[str, Lock] = defaultdict(Lock)

    def state(self) -> str:
        """Return a text that changes whenever a page may."""
        return self._marked(self.pages.state(), self._running.heard if self._running else Heard())

    def _marked(self, state: str, heard: Heard) -> str:
        return f"{state}{heard.state}{'!' * bool(self._trouble)}"

    def catch_up(self) -> float | None:
        """Ask remotes for news; return the seconds until the next time."""
        if self._interval is None:
            return None
        for it in self.pages.sources:
            try:
                if it.registry.by_url:
                    self.pages.look(it)
                else:
                    it.registry.fetch()
            except MregError as error:
                self._trouble[it.name] = str(error)
            else:
                self._trouble.pop(it.name, None)
        return self._interval

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request that the door has let in."""
        try:
            if request.method == "POST":
                return self._act(request)
            return self._shown(request)
        except NotReady as error:
            return _wait(error, "; ".join(self._trouble.values()))
        except Outdated as error:
            return _json({"outcome": "outdated", "html": str(forms.refused(error))})
        except MregError as error:
            if request.path.startswith("ui/"):
                field = getattr(error, "field", "")  # where what stands in it cannot be meant
                html = str(forms.refused(error))
                return _json({"outcome": "refused", "field": field, "html": html})
            return _fault(error)

    # What is shown

    def _shown(self, request: HttpRequest) -> HttpAnswer:
        if name := ASSETS.get(request.path):
            return _file(name, asset(name))
        if request.path.startswith("ui/"):
            return self._asked(request)
        at, path = _time_of(request.path)
        if "at" in request.query:
            return _elsewhere(request.query["at"], path, len(request.path.split("/")))
        return self._page(path or names.INDEX, at, request.path)

    def _page(self, path: str, at: str, asked: str) -> HttpAnswer:
        edition = self.pages.edition(at)
        if path.endswith("/"):  # as web hosts do that a site is put on
            path += names.INDEX
        found = edition.file(path)
        if found is None:
            return plainly(HTTPStatus.NOT_FOUND, "There is no such page.")
        if not path.endswith(".html"):
            return _file(path, found)
        page, heard = found.decode(), Heard()
        is_live = path == frame.STAGES and not at
        if self._running:
            heard = self._running.look() if is_live else self._running.heard
        if heard.said and is_live:
            index = edition.index()
            page = stages_page.page(stages_page.of_index(index), index, heard.said)
        head = self._head(edition, path, at, asked, heard)
        return _file(path, frame.served(page, head).encode())

    def _head(
        self, edition: Edition, path: str, at: str, asked: str, heard: Heard
    ) -> list[Content]:
        """Return what a served page has besides in its head: what its script needs to know."""
        root = "../" * asked.count("/") or "./"
        model = edition.model(path.rpartition("/")[0])
        said = {
            "root": root,
            "state": self._marked(edition.state, heard),
            "at": at,
            "seen": model.seen if model else "",
            "model": path.rpartition("/")[0] if model else "",
            "read-only": self.read_only,
            "elsewhere": self.elsewhere(model.source) if model else "",
            "trouble": "; ".join([edition.trouble, *self._trouble.values()]).strip("; "),
        }
        return [
            *(h.meta(name=f"mreg-{key}", content=it) for key, it in said.items()),
            h.link(rel="stylesheet", href=f"{root}a/ui.css"),
            h.tag("script", src=f"{root}a/ui.js", defer=True),
        ]

    def _asked(self, request: HttpRequest) -> HttpAnswer:
        """Answer what the script of a page asks."""
        asked = request.query
        if request.path == "ui/search":
            return _json(self._search(asked.get("q", ""), asked.get("at", "")))
        if self.read_only:
            how = self._how(asked.get("model", "")) if request.path == "ui/actions" else ""
            if not how:
                raise BadRequest(HTTPStatus.FORBIDDEN, "these pages are read-only")
            return _html(forms.elsewhere(how))
        if request.path == "ui/actions":
            return self._actions(asked.get("model", ""))
        if request.path == "ui/form":
            return self._form(asked.get("action", ""), asked.get("model", ""))
        return plainly(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _search(self, text: str, at: str) -> dict[str, Any]:
        """Return the pages of the models that have a matching version, or what is wrong.

        As on the page, that is a version that holds a stage, or the latest.
        """
        edition = self.pages.edition(at)
        pages, then = edition.pages(), moment(at) if at else None
        found: set[str] = set()
        for source in self.pages.sources:
            try:
                with source.registry as registry:
                    ask = partial(registry.search, text, at=then)
                    latest = {it.version.tag for it in ask(latest=True)}
                    hits = [it.version for it in ask()]
            except UsageError as error:
                return {"wrong": "; ".join(filter(None, (str(error), error.hint)))}
            wanted = {it.artifact for it in hits if it.current or it.tag in latest}
            keys = ((source.name, name) for name in wanted)
            found |= {pages[key] for key in keys if key in pages}
        return {"pages": sorted(found)}

    # Acting

    def _how(self, folder: str) -> str:
        """Return how one acts upon a model whose folder it is, where nobody can from its page."""
        return self.elsewhere(self.pages.here(folder).source)

    def elsewhere(self, source: PageSource) -> str:
        """Return the command that lets one act upon a repository where these pages do not."""
        return ""

    def _actions(self, folder: str) -> HttpAnswer:
        model = self.pages.here(folder)
        with model.source.registry as registry:
            choices = _choices(registry, model)
            return _html(forms.buttons(registry.identity(), choices))

    def _form(self, action: str, folder: str) -> HttpAnswer:
        found = actions.ACTIONS.get(action)
        if found is None:
            raise UsageError(f"there is no action {action!r}")
        if not folder:
            every = tuple(it.name for it in self.pages.sources)
            return _html(forms.form(found, "", Choices(repositories=every)))
        model = self.pages.here(folder)
        with model.source.registry as registry:
            return _html(forms.form(found, model.name, _choices(registry, model)))

    def _act(self, request: HttpRequest) -> HttpAnswer:
        if self.read_only:
            raise BadRequest(HTTPStatus.FORBIDDEN, "these pages are read-only")
        sent = _sent(request)
        source, wanted = self._click(sent)
        with self._acting[source.name]:
            after = self._same_as_seen(sent, source, wanted)
            registry = _own(source.registry)
            if request.path == "ui/rehearse":
                found = actions.rehearse(registry, wanted, after)
                told = {"outcome": "ready", "html": str(forms.rehearsal(found))}
                if found.refusal:
                    field = actions.at_fault(found.refusal, wanted, found.checks)
                    told |= {"outcome": "refused", "field": field}
                return _json(told)
            if request.path == "ui/act":
                done = actions.act(registry, wanted, after)
                self.pages.look(source)
                return _json({"outcome": "done", "html": str(forms.performance(done))})
        return plainly(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _click(self, sent: _Sent) -> tuple[PageSource, actions.Click]:
        if sent.model:
            model = self.pages.here(sent.model)
            source, name = model.source, model.name
        else:
            source = self._source(sent.values.get("repository"))
            name = str(sent.values.get("name", "")).strip()
        where = str(source.registry.path) if len(self.pages.sources) > 1 else ""
        return source, actions.click(sent.action, name, sent.values, where)

    def _source(self, name: Any) -> PageSource:
        every = self.pages.sources
        found = next((it for it in every if it.name == name), every[0] if not every[1:] else None)
        if found is None:
            raise NotFound("no repository is chosen", hint="choose a repository")
        return found

    def _same_as_seen(self, sent: _Sent, source: PageSource, wanted: actions.Click) -> str | None:
        """Return the artifact's newest event, where all of it is as the page showed it.

        Raises:
            Outdated: it is not.
        """
        if wanted.action.name == "push":
            return None
        with source.registry as registry:
            newest = actions.newest(registry, wanted.name)  # before what it is compared with
        if sent.model and sent.seen != self.pages.seen_now(self.pages.here(sent.model)):
            raise Outdated(
                f"{wanted.name} has changed since this page was loaded; nothing was done",
                hint="check its current state, then decide",
            )
        return newest


class _Sent(NamedTuple):
    """What a page sent."""

    action: str
    model: str
    seen: str
    values: dict[str, Any]


def _sent(request: HttpRequest) -> _Sent:
    try:
        said = json.loads(request.body)
        found = _Sent(said["action"], said["model"], said["seen"], said["values"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, "the request was not sent by a page of mreg"
        ) from None
    if not all(isinstance(it, str) for it in found[:3]) or not isinstance(found.values, dict):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the request was not sent by a page of mreg")
    return found


def _own(registry: Registry) -> Registry:
    """Return the registry as a value of its own, whose notices can be heard for one act."""
    return type(registry)(registry.repository)


def _choices(registry: Registry, model: ModelPlace) -> Choices:
    details = registry.details(model.name)
    known = stages.ordered(details.artifact.stages, [*(registry.policy().settings.stages or {})])
    versions = [str(it.version) for it in details.versions if it.version]
    latest = details.artifact.latest
    if latest and latest.version in versions:
        versions.remove(latest.version)
        versions.insert(0, latest.version)
    used = details.artifact.stages
    held = {
        it: tuple(one.version or one.commit[:12] for one in used[it]) for it in known if it in used
    }
    return Choices(tuple(versions), known or _USUAL, held=held)


_USUAL = ("prod", "staging")
"""What is proposed until a stage has been used."""


def _time_of(path: str) -> tuple[str, str]:
    """Return the time of which a page is wanted, and its path within the site."""
    if not path.startswith(AT):
        return "", path
    at, _, rest = path.removeprefix(AT).partition("/")
    return at[:_LONGEST_TIME], rest


def _elsewhere(at: str, path: str, depth: int) -> HttpAnswer:
    """Redirect to a page as of a time, or of now."""
    place = f"{AT}{quote(at[:_LONGEST_TIME], safe=':+')}/" if at.strip() else ""
    if at.strip():
        moment(at)
    where = "../" * (depth - 1) + place + quote(path)
    return HttpAnswer(HTTPStatus.SEE_OTHER, headers={"Location": where or "./"})


def _file(path: str, content: bytes) -> HttpAnswer:
    return HttpAnswer(HTTPStatus.OK, content, _KINDS.get(path.rpartition(".")[2], TEXT))


def _html(content: Content) -> HttpAnswer:
    return HttpAnswer(HTTPStatus.OK, str(h.fragment(content)).encode("utf-8", "replace"), HTML)


def _json(value: Any) -> HttpAnswer:
    return HttpAnswer(HTTPStatus.OK, json.dumps(value).encode(), JSON)


def _wait(error: NotReady, trouble: str) -> HttpAnswer:
    """Return a page for readers who come too early, which reloads itself."""
    text = "Reading the registry"
    far = f"{error.done:,} of {error.total:,} {error.what}" if error.total else "..."
    page = _plain_page(text, [h.p(far), h.p(trouble) if trouble else None])
    return HttpAnswer(HTTPStatus.OK, page, HTML, {"Refresh": "1"})


def _fault(error: MregError) -> HttpAnswer:
    page = _plain_page("This page cannot be shown", forms.refused(error))
    return HttpAnswer(HTTPStatus.SERVICE_UNAVAILABLE, page, HTML)


def _plain_page(title: str, content: Content) -> bytes:
    sheets = (h.link(rel="stylesheet", href=it) for it in ("/a/style.css", "/a/ui.css"))
    head = h.tag("head", h.meta(charset="utf-8"), h.title(title), *sheets)
    body = h.tag("body", h.main(h.h1(title), content, h.p(h.a("Models", href="/"))))
    return h.document(head, body, lang="en").encode("utf-8", "replace")
