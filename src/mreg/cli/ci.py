"""`mreg ci`: what the tag says for which a pipeline runs."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, get_args

from mreg.cli import online, options, pipeline
from mreg.cli.parameters import Argument, Flag, Option
from mreg.deploy import outputs, systems
from mreg.deploy.outputs import Written
from mreg.errors import MregError, UsageError
from mreg.render import log

if TYPE_CHECKING:
    from mreg.deploy.deployment import Deployment
    from mreg.deploy.summary import Report

Format = Literal["json", "github", "dotenv", "shell"]
Tag: TypeAlias = Annotated[
    str | None,
    Argument(
        "[TAG]",
        "The tag, or its full ref.",
        show_default="the tag in the CI system's variables",
    ),
]
ExpectOid: TypeAlias = Annotated[
    str,
    Option(
        "--expect-oid",
        "OID",
        "The id of the expected tag object. mreg refuses any other: the tag was moved.",
        show_default="on GitHub, the id in the event",
    ),
]
GithubOutput: TypeAlias = Annotated[
    Path | None,
    Option(
        "--github-output",
        "FILE",
        "A file to append the outputs of a GitHub step to.",
        envvar="GITHUB_OUTPUT",
    ),
]
Summary: TypeAlias = Annotated[
    Path | None,
    Option(
        "--summary", "FILE", "A file to append a Markdown report to.", envvar="GITHUB_STEP_SUMMARY"
    ),
]
System: TypeAlias = Annotated[
    systems.Name | None,
    Option(
        "--system",
        "NAME",
        f"The CI system: {', '.join(get_args(systems.Name))}.",
        show_default="the first one whose variables are set",
    ),
]


def ci(
    tag: Tag = None,
    repo: options.Repo = ".",
    expect_oid: ExpectOid = "",
    require_current: Annotated[
        bool,
        Flag("--require-current", "Refuse a tag that a later event has superseded."),
    ] = False,
    form: Annotated[
        Format, Option("--format", "FORMAT", "The output format: json, shell, dotenv or github.")
    ] = "json",
    dotenv: Annotated[
        Path | None, Option("--dotenv", "FILE", "A file for a dotenv report, as GitLab reads it.")
    ] = None,
    github_output: GithubOutput = None,
    summary: Summary = None,
    system: System = None,
    offline: options.Offline = False,
) -> None:
    """Show what to deploy where for the tag that a pipeline runs for.

    A tag that is not a registry tag has the event `none`. If the policy does not allow the event,
    or if the tag has been moved or deleted, nothing is printed and the exit code is 1.

    Examples:
        mreg ci churn#prod#1
        mreg ci churn#prod#1 --format shell
    """
    from mreg.deploy import trigger

    with _harmless():
        if form == "github":
            _require_file()
        asked = pipeline.trigger(tag, "ci", system)
        report = online.registry(repo).deployment_report(
            asked.tag or "",
            expect_oid=_oid(expect_oid) or asked.oid,
            repository=asked.repository,
            offline=offline,
            detailed=summary is not None,
        )
        if summary:
            _append_summary(summary, report)
        found = trigger.accepted(report, require_current=require_current)
        for remark in report.remarks:
            pipeline.warn(remark)
        _emit(found, form, dotenv, github_output)


def _oid(text: str) -> str:
    if text and not systems.is_oid(text):
        raise UsageError(f"--expect-oid is {text!r}", hint="use the full id of a tag object")
    return text


# What comes out


def _emit(found: Deployment, form: Format, dotenv: Path | None, github_output: Path | None) -> None:
    """Write every output that is wanted; all are made before the first one is written."""
    shown = _written(found, form)
    for_gitlab = outputs.dotenv(found) if dotenv else Written("")
    for_github = _written(found, "github") if github_output else Written("")
    for said in dict.fromkeys((*shown.left_out, *for_gitlab.left_out, *for_github.left_out)):
        pipeline.warn(said)
    if dotenv:
        dotenv.write_bytes(for_gitlab.text.encode())
    if github_output:
        _append(github_output, for_github.text)
    sys.stdout.flush()
    sys.stdout.buffer.write(shown.text.encode())


def _written(found: Deployment, form: Format) -> Written:
    if form == "github":
        return outputs.github(found, lambda: f"mreg_{secrets.token_hex(16)}")
    write = {"json": outputs.as_json, "shell": outputs.shell, "dotenv": outputs.dotenv}[form]
    return write(found)


def _append_summary(file: Path, report: Report) -> None:
    from mreg.deploy import summary

    used = file.stat().st_size if file.exists() else 0
    _append(file, summary.markdown_of(report, summary.MOST_BYTES - used))


def _append(file: Path, text: str) -> None:
    # In bytes: a value's line ends are its own, whatever the system's are.
    with file.open("ab") as opened:
        opened.write(text.encode())


def _require_file() -> None:
    """Let texts that are written as they are go into a file alone."""
    if not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        raise UsageError(
            "--format github prints values as they are, and in a log they could act as commands",
            hint="omit it: the file at GITHUB_OUTPUT is written anyway; or redirect the "
            "output to that file",
        )


@contextmanager
def _harmless() -> Iterator[None]:
    """Let no line of an error be a command to who runs the pipeline and reads its log."""
    try:
        yield
    except MregError as error:
        error.args = (log.inert(str(error)),)
        error.hint = log.inert(error.hint)
        raise
