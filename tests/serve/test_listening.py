"""How the server listens; nothing of KServe is needed for that."""

from __future__ import annotations

import asyncio
import socket

from mreg.serve import server


def test_what_is_answered_goes_out_at_once() -> None:
    """An answer's body would else wait until the client's system has acknowledged its header."""

    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ours = writer.get_extra_info("socket")
            found.set_result(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = server._listen("127.0.0.1", 0)
        async with await asyncio.start_server(connected, sock=listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            await reader.read()
            writer.close()
            return await found

    assert asyncio.run(accepted()) == 1
