"""KServe's storage initializer for the addresses of versions in a registry of mreg's.

    storage_initializer.py URI FOLDER [URI FOLDER]...

A URI is what `mreg package --as kserve` writes: `mreg+https://HOST/models.git/churn@v1.2.0?oid=ID`.
The version's file, or the files of its folder, are put into FOLDER, after they were verified. With
`oid` the tag must be that object: a tag that was deleted and made again is refused.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from mreg import MregError, Network, Registry
from mreg.integrations import address

USAGE = "storage_initializer.py URI FOLDER [URI FOLDER]..."


def main(words: Sequence[str]) -> int:
    """Fetch what the command line names; return the exit code."""
    if not words or len(words) % 2:
        return failed(USAGE)
    try:
        for uri, folder in zip(words[::2], words[1::2], strict=True):
            print(fetched(uri, Path(folder)), flush=True)
    except MregError as error:
        return failed(f"{error}; {error.hint}" if error.hint else str(error))
    except OSError as error:
        return failed(f"{error.filename}: {error.strerror}")
    return 0


def failed(why: str) -> int:
    """Say why: Kubernetes shows the end of the log as the reason of the pod."""
    print(f"error: {why}", file=sys.stderr)
    return 1


def fetched(uri: str, folder: Path) -> str:
    """Put the version that a URI names into a folder; return a sentence about it."""
    base, _, query = uri.partition("?")
    wanted = address.parse_version(base)
    options = dict(parse_qsl(query, keep_blank_values=True))
    if wanted is None or wanted.path or options.keys() - {"oid"}:
        raise MregError(
            "the address names no version", hint="mreg+https://HOST/REPOSITORY/NAME@v1.2.0"
        )
    place = address.parse(wanted.registry).place
    # Nobody is there who could type a password.
    registry = Registry.open(place, network=Network(prompts=False))
    with registry:
        version = registry.resolve(wanted.selector)
        oid = registry.check_ref(version.tag).oid
        if options.get("oid", oid) != oid:
            raise MregError(
                f"the tag {version.tag} is now the object {oid}, not {options['oid']}",
                hint="someone deleted the tag and made it again: find out why, then deploy anew",
            )
        put(registry, wanted.selector, folder)
    return f"{wanted.selector} of {wanted.registry} is in {folder}"


def put(registry: Registry, selector: str, folder: Path) -> None:
    """Get a version, and put its file, or the files of its folder, into a folder.

    An initializer is run again after a failure: what an earlier one left is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mreg-", dir=folder) as beside:
        got = Path(registry.got(selector, beside).path)
        for it in [*got.iterdir()] if got.is_dir() else [got]:
            readable(it)
            target = folder / it.name
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            it.replace(target)


def readable(path: Path) -> None:
    """Let everybody read a file or folder: the server runs as another user."""
    for it in (path, *path.rglob("*")):
        it.chmod(it.stat().st_mode | (0o555 if it.is_dir() else 0o444))


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
