"""Running the server: one process that answers for one model until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from mreg.errors import MregError
from mreg.serve import installed
from mreg.serve.bodies import MOST, BodyReader
from mreg.serve.follow import INTERVAL, Follower, Say
from mreg.serve.loaded import LoadOptions
from mreg.serve.source import VersionSource
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.serve.shadow import Shadow

PORT: Final = 8080
_SWITCH: Final = 0.0005
"""After so many seconds a thread that computes lets another one go on, where Python has 0.005: the
threads that follow and that answer for health compute little, and would wait as long at each step.
"""

_GRACE: Final = 10
"""How many seconds requests that are under way have when the server ends."""

_KEEP_ALIVE: Final = 75
"""For so many seconds a connection stays open on which nothing happens: longer than proxies wait,
which would else send a request into one that is being closed."""

_WORKER: Final = "predict"
"""How threads are called that answer."""

WORKERS: Final = 2
"""How many requests the model answers at the same time."""


class ServeOptions(NamedTuple):
    """How to serve.

    Attributes:
        host: the address to listen on.
        port: the port; 0: any that is free.
        interval: after how many seconds the registry is asked again.
        load: how models are loaded.
        most: how many bytes a body may have.
        sagemaker: whether SageMaker's contract is spoken, too.
        workers: how many requests are answered at the same time.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    interval: float = INTERVAL
    load: LoadOptions = LoadOptions()
    most: int = MOST
    sagemaker: bool = False
    workers: int = WORKERS


def serve(
    source: VersionSource,
    options: ServeOptions,
    say: Say,
    ready: Callable[[str], None],
    *,
    shadow: VersionSource | None = None,
) -> bool:
    """Serve until SIGTERM or SIGINT comes.

    Args:
        source: where the version comes from.
        options: how to serve.
        say: told in a sentence what happens.
        ready: told the address when the server answers.
        shadow: where a second version comes from, which gets each request as well.

    Returns:
        Whether all that was under way has ended.

    Raises:
        MregError: there is nothing to be served.
        OSError: it cannot listen there.
    """
    installed.check()
    sys.setswitchinterval(_SWITCH)
    listening = _listen(options.host, options.port)
    follower = Follower(source, options.load, say, interval=options.interval)
    follower.begin()
    second = _shadow(shadow, options, say) if shadow else None
    workers = ThreadPoolExecutor(options.workers, thread_name_prefix=_WORKER)
    followers = {"served": follower} | ({"shadow": second.follower} if second else {})
    with _telling(followers, second):
        config = _configured(options, source.artifact, follower, workers, second)
        try:
            for it in followers.values():
                it.start()
            asyncio.run(_run(config, listening, ready))
        finally:
            for it in followers.values():
                it.stop()
            workers.shutdown(wait=False, cancel_futures=True)
    return not any(it.name.startswith(_WORKER) for it in threading.enumerate())


@contextmanager
def _telling(followers: Mapping[str, Follower], shadow: Shadow | None) -> Iterator[None]:
    """Let /metrics tell how followers stand, until the block ends."""
    from prometheus_client import REGISTRY

    from mreg.serve.metrics import FollowCollector

    collector: Any = FollowCollector(followers, shadow)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


def _configured(
    options: ServeOptions,
    name: str,
    follower: Follower,
    workers: ThreadPoolExecutor,
    shadow: Shadow | None,
) -> Any:
    """Return what uvicorn is to run, and how."""
    import uvicorn

    from mreg.serve.application import ModelApplication
    from mreg.serve.connections import BoundedConnection

    application = ModelApplication(name, follower, workers, BodyReader(options.most), shadow)
    if options.sagemaker:
        from mreg.serve import sagemaker

        sagemaker.add_routes(application)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return uvicorn.Config(
        application.app,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=BoundedConnection,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
    )


def _shadow(source: VersionSource, options: ServeOptions, say: Say) -> Shadow:
    """Return the second version; if there is none yet, it may come."""
    from mreg.serve.shadow import Shadow

    found = Shadow(
        Follower(
            source,
            options.load,
            lambda text: say(f"shadow: {text}"),
            interval=options.interval,
        )
    )
    try:
        found.follower.begin()
    except MregError as error:
        say(f"WARNING: no shadow is loaded yet: {error}")
    found.start()
    return found


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small pieces at once (TCP_NODELAY) only where the protocol is said. Without that
    # each answer, whose header and body are two pieces, waits 40 ms for the client's system.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


async def _run(config: Any, listening: socket.socket, ready: Callable[[str], None]) -> None:
    import uvicorn

    class ModelServer(uvicorn.Server):  # type: ignore[misc]
        """uvicorn's server, without its own handlers of signals, which end the process by them."""

        def capture_signals(self) -> AbstractContextManager[None]:
            return nullcontext()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            host, port = listening.getsockname()[:2]
            ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    server = ModelServer(config)

    def end() -> None:
        server.force_exit = server.should_exit  # whoever asks twice does not wait
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    await server.serve([listening])
