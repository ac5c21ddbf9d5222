"""Contents that Git LFS keeps: out of its folder here, by its own program, or from its server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from mreg.content import lfs_batch
from mreg.content.lfs_access import Access, Headers
from mreg.content.lfs_batch import Action
from mreg.content.sources import Origin, Source
from mreg.content.store import CHUNK, Sink
from mreg.dvc.pointers import Pointer
from mreg.errors import GitError, Refused, RemoteError
from mreg.git import lfs
from mreg.git.lfs import Manners, Setup
from mreg.net.http import SCHEMES, Answered, Client, shown

_STALE = (401, 403, 404, 410)
"""What a server may answer where an address has expired."""

_PROGRAM = "install Git LFS (git-lfs.com), whose own program can download it"


class _Lfs(Source[Pointer]):
    """The LFS objects of a commit."""

    resumes = True
    at_once = 4

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._actions: dict[str, Action | RemoteError] = {}

    def prepare(self, contents: Sequence[Pointer]) -> None:
        lacking = [it for it in contents if not any(self.here(it))]
        if lacking and not self._has_program:
            if encoded := next((it.path for it in lacking if it.encoded), ""):
                raise Refused(f"{encoded} was stored by extensions of Git LFS", hint=_PROGRAM)
            for start in range(0, len(lacking), lfs_batch.MOST):
                self._ask(lacking[start : start + lfs_batch.MOST])

    def fetch(self, content: Pointer, into: Sink) -> None:
        damaged = False
        for path in self.here(content):
            if into.copy(path):
                return
            damaged = True
        # Git LFS's own program would hand out what is damaged here.
        if content.encoded or (self._has_program and not damaged):
            self._smudge(content, into)
        else:
            self._download(content, into)

    @cached_property
    def _setup(self) -> Setup:
        return lfs.setup(self._origin.repo, self._origin.commit)

    @cached_property
    def _has_program(self) -> bool:
        return lfs.has_program(self._origin.repo)

    @cached_property
    def _manners(self) -> Manners:
        return lfs.manners(self._origin.repo, self._setup.endpoint)

    @cached_property
    def _client(self) -> Client:
        return Client(self._origin.repo.network, self._manners.authorities)

    @cached_property
    def _access(self) -> Access:
        return Access(self._origin.repo)

    def here(self, content: Pointer) -> Iterator[Path]:
        """Iterate over the files on this machine that should hold an object."""
        digits = content.hex
        for folder in self._setup.folders:
            path = folder / digits[:2] / digits[2:4] / digits
            if path.is_file() and not path.is_symlink():
                yield path

    def _smudge(self, content: Pointer, into: Sink) -> None:
        origin = self._origin
        pointer = content.encoded or lfs.pointer(content.hex, content.size or 0)
        with lfs.smudge(origin.repo, pointer, self._setup) as output:
            into.begin(content.size)
            while chunk := output.read(CHUNK):
                into.write(chunk)

    def _ask(self, contents: Sequence[Pointer]) -> None:
        """Ask the server how objects can be downloaded."""
        endpoint = self._checked_endpoint(contents[0])
        url = f"{endpoint.rstrip('/')}/objects/batch"
        headers = {**lfs_batch.HEADERS, **self._manners.headers}

        def request(login: Headers) -> bytes:
            said = lfs_batch.request(contents)
            return self._client.ask(url, data=said, headers={**headers, **login})

        try:
            raw = self._access.call(url, request)
        except Answered as answered:
            raise _unanswered(endpoint, answered) from None
        self._actions |= lfs_batch.answer(endpoint, raw)

    def _download(self, content: Pointer, into: Sink) -> None:
        asked = content.hex in self._actions
        action = self._action(content)
        try:
            self._transfer(action, content, into)
        except Answered as answered:
            # It may have expired while others were fetched.
            if not asked or answered.status not in _STALE:
                raise _ungiven(action, answered) from None
            self._ask([content])
            action = self._action(content)
            try:
                self._transfer(action, content, into)
            except Answered as again:
                raise _ungiven(action, again) from None

    def _transfer(self, action: Action, content: Pointer, into: Sink) -> None:
        def request(login: Headers) -> None:
            headers = {**login, **action.headers}
            self._client.download(action.href, into, headers=headers, size=content.size)

        if any(name.lower() == "authorization" for name in action.headers):
            request({})
        else:
            self._access.call(action.href, request)

    def _action(self, content: Pointer) -> Action:
        known = self._actions.get(content.hex)
        if known is None or (isinstance(known, Action) and known.expired):
            self._ask([content])
            known = self._actions.get(content.hex, lfs_batch.absent(self._setup.endpoint))
        if isinstance(known, RemoteError):
            raise known
        return known

    def _checked_endpoint(self, content: Pointer) -> str:
        """Return the server's URL, if there is one that can be asked over http."""
        endpoint = self._setup.endpoint
        if endpoint.partition("://")[0].lower() in SCHEMES:
            return endpoint
        if not endpoint:
            where = " or ".join(map(str, self._setup.folders))
            raise GitError(
                f"the Git LFS object {content.hex[:12]} is not in {where}, and no remote with "
                "a Git LFS server is known",
                hint="run `git lfs fetch` to download it, or set the server with `git config "
                "lfs.url URL`",
            )
        raise RemoteError(
            f"the Git LFS server at {shown(endpoint)} cannot be read over HTTP",
            hint=f"{_PROGRAM}, or set its address: `git config lfs.url https://...`",
        )


source = _Lfs


def _unanswered(endpoint: str, answered: Answered) -> RemoteError:
    """Return the error for a server that refuses the request for objects as such."""
    where = f"the Git LFS server {shown(endpoint)}"
    if answered.status in (403, 404, 410):
        return RemoteError(
            f"{where} was not found, or you have no access to it: it answered {answered.status}",
            hint="check your login for that server, and its address: `git config lfs.url`",
        )
    return RemoteError(f"{where} cannot be read: {answered}", hint=_PROGRAM)


def _ungiven(action: Action, answered: Answered) -> RemoteError:
    """Return the error for an object that cannot be had where the server said it can."""
    return RemoteError(
        f"{shown(action.href)} did not deliver the Git LFS object: {answered}",
        hint="ask the operator of the Git LFS server",
    )
