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
        "Where to post to. Repeatable; the variable may hold several, separated by spaces.",
        envvar="MREG_WEBHOOK",
    ),
]
Form: TypeAlias = Annotated[
    Literal["json", "cloudevents", "slack", "teams"],
    Option("--format", "FORMAT", "What to post: json, cloudevents, slack or teams."),
]
SecretFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--secret-file",
        "FILE",
        "The file of the secret that posts are signed with; else MREG_WEBHOOK_SECRET is it."
        " With whsec_..., they are signed by Standard Webhooks, too.",
    ),
]
NoPolicy: TypeAlias = Annotated[
    bool, Flag("--no-policy", "Do not ask the policy whether it allows the event.")
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
        raise Refused(f"{file}: {error.strerror}", hint="name the file of the secret") from None
    if not found:
        raise UsageError(f"{file} is empty", hint="openssl rand -hex 32 makes a secret")
    return found
