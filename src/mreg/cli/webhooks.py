"""The options by which a command tells webhooks, and what stands behind them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from mreg.cli.parameters import Flag, Option
from mreg.errors import Refused, UsageError

Webhooks: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--webhook",
        "URL",
        "The URL to post to. Repeatable; the variable may hold several, separated by spaces.",
        envvar="MREG_WEBHOOK",
    ),
]
Form: TypeAlias = Annotated[
    Literal["json", "cloudevents", "slack", "teams"],
    Option("--format", "FORMAT", "The format of posts: json, cloudevents, slack or teams."),
]
SecretFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--secret-file",
        "FILE",
        "The file with the secret that signs posts; else MREG_WEBHOOK_SECRET."
        " A secret whsec_... also signs by Standard Webhooks.",
    ),
]
NoPolicy: TypeAlias = Annotated[
    bool, Flag("--no-policy", "Do not check events against the policy.")
]


def secret(file: Path | None) -> bytes:
    """Return the secret that posts are signed with; nothing if there is none.

    Args:
        file: the file that holds it, without a line feed at its end; else MREG_WEBHOOK_SECRET does.

    Raises:
        Refused: the file cannot be read.
        UsageError: the file is empty.
    """
    if file is None:
        return os.environ.get("MREG_WEBHOOK_SECRET", "").encode("utf-8", "surrogateescape")
    try:
        found = file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise Refused(
            f"{file}: {error.strerror}", hint="choose a file that contains the secret"
        ) from None
    if not found:
        raise UsageError(f"{file} is empty", hint="make a secret with `openssl rand -hex 32`")
    return found
