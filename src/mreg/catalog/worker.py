"""The process that reads repositories for a refresh, one after the other."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from mreg.errors import MregError
from mreg.net import urls
from mreg.net.network import Network
from mreg.registry import Registry
from mreg.system import cache, workers


def answer(request: tuple[str, str, float, str]) -> tuple[str, Any]:
    """Read a repository.

    Args:
        request: its address; what stands for it as it is known; how long a call over the network
            may take, in seconds; the cache's folder.

    Returns:
        "same" and nothing; "rows" and what there is; or "fault", why it cannot be read and what to
        do about that.
    """
    address, known, seconds, folder = request
    cache.use(folder)
    try:
        registry = Registry.open(address, network=Network(seconds), around=False)
        with registry:
            found = registry.contents(known)
        if found is None:
            return "same", None
        where = address
        if not urls.looks_like(address):
            with suppress(MregError):
                where = registry.address or os.path.abspath(address)  # noqa: PTH100 - a text
        from mreg.catalog import rows

        return "rows", tuple(rows.of_contents(found, where))
    except MregError as error:
        return "fault", (urls.mask(str(error)), urls.mask(error.hint))
    except OSError as error:
        return "fault", (urls.mask(f"{error.filename}: {error.strerror}"), "")
    except Exception as error:
        name = type(error).__name__
        return "fault", (
            f"this is a bug in mreg: {name}: {urls.mask(str(error))}",
            "please report it",
        )


if __name__ == "__main__":
    workers.serve(answer)
