"""`mreg package`: a version in the form that something else runs or reads."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Flag, Option
from mreg.errors import UsageError
from mreg.package import KINDS, Packaged
from mreg.render.escape import line

_KINDS = "; ".join(f"{name}, {it.words}" for name, it in KINDS.items())


def _kinds(_: str, incomplete: str) -> list[str]:
    return [it for it in KINDS if it.startswith(incomplete)]


def package(
    selector: options.Selector,
    as_: Annotated[str, Option("--as", "KIND", f"As {_KINDS}.", complete=_kinds)] = "oci",
    repo: options.Repo = ".",
    to: Annotated[
        str | None,
        Option("--to", "TARGET", "Where to: a folder, or oci://HOST/REPOSITORY[:TAG] to push."),
    ] = None,
    digest: Annotated[
        bool, Flag("--digest", "Print the digest that its manifest has, and write nothing.")
    ] = False,
    source: Annotated[
        str | None,
        Option(
            "--source",
            "URL",
            "What it says that the registry is.",
            show_default="the URL of the remote",
        ),
    ] = None,
    plain_http: options.PlainHttp = False,
    json: options.Json = False,
) -> None:
    """Package a version as a container image or artifact, in a folder or a registry.

    The same version makes the same bytes, so that its digest can be computed again from Git.

    Examples:
        mreg package churn@v1.0.0 --to build
        mreg package churn#prod --digest
    """
    from mreg.package import PackageRequest
    from mreg.package import package as make

    if digest and to:
        raise UsageError("--digest writes nothing", hint="leave --to out")
    online.limit_cache()
    with output.ProgressLine() as report:
        request = PackageRequest(
            online.registry(repo), selector, as_, to, digest, source, plain_http, report
        )
        made = make(request)
    if json:
        output.as_json(made)
    else:
        output.data(made.text or line(_sentence(made)))


def _sentence(made: Packaged) -> str:
    said = f"Packaged {made.artifact} {made.version}"
    if made.reference:
        return f"{said}: {made.reference}"
    return f"{said}: {made.to}" + (f" ({made.digest})" if made.digest else "")
