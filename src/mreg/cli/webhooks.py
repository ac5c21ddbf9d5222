"""The options by which a command tells webhooks, and what stands behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from mreg.errors import Refused, UsageError

Webhooks: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--webhook",
        metavar="URL",
        envvar="MREG_WEBHOOK",
        help="Where to post to. Repeatable; the variable may hold several, separated by spaces.",
    ),
]
Form: TypeAlias = Annotated[
    Literal["json", "slack", "teams"],
    typer.Option("--format", metavar="FORMAT", help="What to post: json, slack or teams."),
]
SecretFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        help="The file of the secret that posts are signed with; else MREG_WEBHOOK_SECRET is it.",
    ),
]
NoPolicy: TypeAlias = Annotated[
    bool, typer.Option("--no-policy", help="Do not ask the policy whether it allows the event.")
]


def secret(file: Path | None, variable: str) -> bytes:
    """Return the secret that posts are signed with; nothing if there is none.

    Args:
        file: the file that holds it; a line feed at its end is not part of it.
        variable: the secret, where there is no file.

    Raises:
        Refused: the file cannot be read.
        UsageError: the file is empty.
    """
    if file is None:
        return variable.encode("utf-8", "surrogateescape")
    try:
        found = file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}", hint="name the file of the secret") from None
    if not found:
        raise UsageError(f"{file} is empty", hint="openssl rand -hex 32 makes a secret")
    return found
