"""The text of a Dockerfile, of instructions that every builder knows. Values in, text out.

Whatever a repository says stands in the text as a label alone, within quotes, or in a file that
the Dockerfile copies.
Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from mreg.errors import UsageError
from mreg.render import escape
from mreg.serve.packaged import FOLDER

IMAGE = "python:3.12.11-slim-bookworm"
"""The image to begin with, where no version of Python is recorded."""

WORKDIR = "/opt/mreg"
"""The folder in the image that everything is copied into."""

REQUIREMENTS, SERVER, WHEELS = "requirements.txt", "mreg.txt", "wheels"
"""What the version needs, what serves it, and packages that were brought along."""

PORT = 8080
USER = 10001
"""No user of that number is known in the image, and none has to be."""

_PYTHON = re.compile(r"3\.[0-9]{1,3}(?:\.[0-9]{1,3})?")
_OLDEST = (3, 11)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@:-]{0,511}")
_GIT = (
    "command -v git > /dev/null || { apt-get update && apt-get install -y --no-install-recommends "
    "ca-certificates git && rm -rf /var/lib/apt/lists/*; }"
)
"""pip clones with Git, which the slim images of Python do not have."""
_HEALTH = (
    "import urllib.request as it; it.build_opener(it.ProxyHandler({}))"
    f".open('http://127.0.0.1:{PORT}/v2/health/ready', timeout=4)"
)


def image(python: str | None) -> str:
    """Return the image to begin with, for a version of Python."""
    return f"python:{python}-slim" if python and _PYTHON.fullmatch(python) else IMAGE


def is_too_old(python: str) -> bool:
    """Tell whether mreg does not run in a version of Python."""
    found = re.match(r"([0-9]{1,3})\.([0-9]{1,3})", python)
    return found is not None and (int(found[1]), int(found[2])) < _OLDEST


def reference(text: str) -> str:
    """Return the reference of an image, if it is in the form of one.

    Raises:
        UsageError: it is not.
    """
    if not _REFERENCE.fullmatch(text):
        raise UsageError(
            f"{escape.line(text)!r} is not the name of an image",
            hint="write registry.example.com/name:tag",
        )
    return text


def label(text: str) -> str:
    """Return a text as the value of a label: quoted, and within one line."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", escape.line(text)) + '"'


def text(
    base: str,
    labels: Mapping[str, str],
    title: str,
    *,
    hashed: bool,
    wheels: bool,
    git: bool = False,
) -> str:
    """Return the Dockerfile of a packaged version.

    Args:
        base: the image to begin with.
        labels: what is said of the image.
        title: the version, for the first line.
        hashed: whether the requirements say their hashes: then pip wants those of all others too.
        wheels: whether packages were brought along.
        git: whether a requirement is at the URL of a Git repository.
    """
    said = " \\\n      ".join(f"{key}={label(value)}" for key, value in labels.items())
    wanted = [REQUIREMENTS, SERVER]
    lines = [
        f"# {title}, by mreg package --as dockerfile",
        f"FROM {reference(base)}",
        f"ENV PATH={WORKDIR}/env/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp MREG_CACHE_DIR=/tmp/mreg",
        f"WORKDIR {WORKDIR}",
        *([f"RUN {_GIT}"] if git else []),
        "RUN python3 -m venv env",
        # A builder copies a folder's contents, so a folder has a line of its own.
        f"COPY {' '.join(wanted)} ./",
        *([f"COPY {WHEELS} ./{WHEELS}/"] if wheels else []),
        f"RUN {_install(wanted, hashed)}",
        f"COPY {FOLDER} ./{FOLDER}/",
        f"LABEL {said}",
        f"USER {USER}:{USER}",
        f"EXPOSE {PORT}",
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD "
        + _words(["python3", "-c", _HEALTH]),
        f"ENTRYPOINT {_words(['mreg', 'serve'])}",
        f"CMD {_words([f'./{FOLDER}', '--host', '0.0.0.0', '--port', str(PORT)])}",  # noqa: S104
    ]
    return "\n".join(lines) + "\n"


def _install(files: Sequence[str], hashed: bool) -> str:
    pip = "env/bin/pip install --no-cache-dir --disable-pip-version-check"
    if not hashed:
        return f"{pip} " + " ".join(f"-r {it}" for it in files)
    # What serves it may contradict what was pinned: that is found here, not when it is run.
    return " && ".join([*(f"{pip} -r {it}" for it in files), "env/bin/pip check"])


def _words(words: Sequence[str]) -> str:
    return json.dumps(words)
