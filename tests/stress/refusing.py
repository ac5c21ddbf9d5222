"""A remote that fails at random: it refuses, hangs up in the middle, is killed, or answers 500.

One push in ten is refused by a hook, or its server is killed, before or after it took the push.
Over git:// one connection in ten is cut besides; over http one request in ten is refused, answered
by an error, or cut in the middle of the answer. What happens is drawn by a seed; in which order the
requests of many come is the machine's.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import remotes
from repositories import Repository

ONE_IN = 10

SAYINGS = (
    "origin refused ",  # a hook, or 403
    "cannot determine whether origin accepted ",
    "origin does not allow you to push",
    "origin: ",  # what Git said, where it is none of the kinds that mreg knows
)
"""How a command ends that met such a remote: it may be run again."""

# The two hooks have different luck: each kills its server in one push of twenty, and the first
# refuses as many. A checksum of the seed, the process and what is pushed stands in for a die.
_LUCK = "luck=$( (echo {seed} $$; cat) | cksum); luck=$(( ${{luck%% *}} % {sides} ))\n"
_BEFORE = (
    _LUCK + 'case $luck in 0) echo "not now" >&2; exit 1;; 1) kill -KILL $PPID; exit 1;; esac\n'
)
_AFTER = _LUCK + "case $luck in 0) kill -KILL $PPID;; esac\n"


def make_unreliable(remote: Repository, seed: int) -> None:
    """Let a bare repository refuse pushes, and its server be killed at them, at random."""
    for name, script in (("pre-receive", _BEFORE), ("post-receive", _AFTER)):
        text = script.format(seed=f"{seed}{name}", sides=2 * ONE_IN)
        remotes.install_hook(remote, name, text)


@contextmanager
def served(folder: Path, transport: str, seed: int) -> Iterator[str]:
    """Serve the repositories in a folder, badly, while the block lasts; return the folder's URL."""
    chance = _Chance(seed)
    if transport == "http":
        handler = type("Handler", (_Failing,), {"folder": folder, "chance": chance})
        with remotes.listening(handler) as url:
            yield url
        return
    with remotes.served(folder, transport) as url:
        if transport == "git":
            with _cut(url, chance) as cut:
                yield cut
        else:
            yield url


class _Chance:
    """What happens next, for many threads."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def strikes(self) -> bool:
        with self._lock:
            return self._random.randrange(ONE_IN) == 0

    def below(self, end: int) -> int:
        with self._lock:
            return self._random.randrange(end)


class _Failing(remotes.Backend):
    """Answers as Git does, but for one request in ten."""

    chance: _Chance

    def respond(self, body: bytes) -> None:
        if not self.chance.strikes():
            super().respond(body)
            return
        (self._error, self._refuse, self._hang_up, self._cut)[self.chance.below(4)](body)

    def _error(self, _: bytes) -> None:
        self.send_error(500)

    def _refuse(self, _: bytes) -> None:
        self.send_error(403)

    def _hang_up(self, _: bytes) -> None:
        """Go away without a word."""
        self.close_connection = True

    def _cut(self, body: bytes) -> None:
        """Do what is asked, and go away in the middle of the answer."""
        status, fields, content = self.run_backend(body)
        self.send_head(status, fields, len(content))
        self.wfile.write(content[: self.chance.below(len(content) + 1)])
        self.close_connection = True


@contextmanager
def _cut(url: str, chance: _Chance) -> Iterator[str]:
    """Stand between a server and its clients, and hang up on one in ten."""
    host, port = url.removeprefix("git://").split(":")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        thread = threading.Thread(target=_accept, args=(server, (host, int(port)), chance))
        thread.start()
        try:
            yield f"git://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(server: socket.socket, behind: tuple[str, int], chance: _Chance) -> None:
    """Pass connections on until the server is shut down."""
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            # A short answer is cut in the middle, a long one near its beginning.
            room = chance.below(1500) if chance.strikes() else None
            threading.Thread(target=_pass_on, args=(client, behind, room), daemon=True).start()


def _pass_on(client: socket.socket, behind: tuple[str, int], room: int | None) -> None:
    """Connect a client with the server; of a limited answer, pass on so many bytes."""
    with client, socket.create_connection(behind) as server:
        asking = threading.Thread(target=_relay, args=(client, server), daemon=True)
        asking.start()
        _relay(server, client, room)
        if room is not None:
            for side in (client, server):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
        asking.join()


def _relay(source: socket.socket, sink: socket.socket, room: int | None = None) -> None:
    """Pass on what one side says, to its end; of a limited number of bytes, no more."""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data if room is None else data[:room])
            if room is not None:
                room -= min(room, len(data))
                if room == 0:
                    return
        sink.shutdown(socket.SHUT_WR)
