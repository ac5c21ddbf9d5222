"""What is emitted, in the forms that the next step of a pipeline reads.

Every text in it is somebody else's. So in each form a value is written so that nothing in it ends
it, starts another or means anything to who reads it; each reads back to the same value
(docs/how-to/ci.md says how).
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mreg.deploy.deployment import Deployment
from mreg.errors import Refused
from mreg.render import json, numbers
from mreg.tuples import NamedTuple

PREFIX = "MREG_"
"""What variables begin with: none of ours is to replace PATH or the like."""

METRIC = "metrics_"

# Control characters but the line feed, bidirectional controls, line and paragraph separators.
_HIDDEN = r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"

MOST_VARIABLES = 50
MOST_BYTES = 5 * 1024 - 1
"""What GitLab takes of a dotenv file: as many variables as on GitLab.com's free plan, the fewest
anywhere, and less than 5 KiB
(https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv)."""

_EXPENDABLE: Final = ("metrics", "message", "description", "approved_by", "path")
"""Which values a dotenv file is left without, in that order, where it gets too large."""


class Written(NamedTuple):
    """A form's text, and what it is without.

    Attributes:
        text: the text.
        left_out: what could not be in it, in words, a sentence each.
    """

    text: str
    left_out: tuple[str, ...] = ()


class Flat(NamedTuple):
    """What is emitted, as texts by key.

    Attributes:
        values: the fields in their order, then each metric.
        ambiguous: the names of the metrics that have no key of their own: two of them would have
            the same one.
    """

    values: dict[str, str]
    ambiguous: tuple[str, ...] = ()


def flat(found: Deployment) -> Flat:
    """Return what is emitted as texts: "true" and "false", and nothing where there is nothing.

    Several principals are separated by spaces, which no principal's name holds. All metrics are
    together in one value, as JSON; besides each has a key: `metrics_` and its name, in which
    everything but ASCII letters, digits and `_` has become `_`. Where two metrics would have the
    same key, in whichever case it is read, neither has one.
    """
    values = {name: _text(value) for name, value in found._asdict().items()}
    keys = {name: METRIC + re.sub(r"[^A-Za-z0-9_]", "_", name) for name in found.metrics}
    taken = Counter(key.lower() for key in keys.values())
    for name, key in keys.items():
        if taken[key.lower()] == 1:
            values[key] = numbers.shown(found.metrics[name])
    return Flat(values, tuple(it for it, key in keys.items() if taken[key.lower()] > 1))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value)
    return " ".join(value) if isinstance(value, tuple) else str(value)


# The forms


def as_json(found: Deployment) -> Written:
    """Return it as JSON, in one line of ASCII."""
    return Written(json.dumps(found._asdict()) + "\n")


def github(found: Deployment, delimiter: Callable[[], str]) -> Written:
    """Return it for the file at GITHUB_OUTPUT: `KEY<<DELIMITER`, the value, `DELIMITER` each.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands,
    "Multiline strings".

    `delimiter` makes a line that nobody can foresee.
    """
    values, ambiguous = flat(found)
    lines: list[str] = []
    for key, value in values.items():
        while (mark := delimiter()) in value:
            pass
        lines.append(f"{key}<<{mark}\n{value}\n{mark}\n")
    return Written("".join(lines), _unkeyed(ambiguous))


def shell(found: Deployment) -> Written:
    """Return it for `eval` in a POSIX shell: exported variables, a line each, quoted.

    What does not show stands outside the quotes, as what `printf` makes of an escape, and no two
    `#` side by side: so a terminal or a log in which the lines land takes nothing in them for a
    command.
    """
    values, ambiguous = flat(found)
    lines = (f"export {variable(key)}={_quoted(it)}\n" for key, it in values.items())
    return Written("".join((_LINE_FEED, *lines, "unset mreg_lf\n")), _unkeyed(ambiguous))


# A shell cuts the line feeds at the end of what a command printed.
_LINE_FEED = "mreg_lf=$(printf '\\nx'); mreg_lf=${mreg_lf%x}\n"


def _quoted(text: str) -> str:
    parts = re.split(rf"(\n|{_HIDDEN}+|(?<=\#)\#)", text)
    return "".join(
        _outside(it) if number % 2 else it and shlex.quote(it) for number, it in enumerate(parts)
    )


def _outside(text: str) -> str:
    if text == "\n":
        return '"$mreg_lf"'
    escapes = "".join(f"\\{byte:03o}" for byte in text.encode())
    return f"\"$(printf '{escapes}')\""


def variable(key: str) -> str:
    """Return the name of the variable that holds a value."""
    return PREFIX + key.upper()


def dotenv(found: Deployment) -> Written:
    """Return it as GitLab's dotenv report: a line `KEY=VALUE` each, within GitLab's limits.

    GitLab strips a value, and expands `$NAME` and `%NAME%` in it. So these signs, the backslash,
    spaces at the ends, control characters and bidirectional ones stand as escapes that `printf %b`
    of a POSIX shell reads.

    Source: app/services/ci/parse_dotenv_artifact_service.rb and lib/expand_variables.rb of
    https://gitlab.com/gitlab-org/gitlab

    Raises:
        Refused: not even what tells the event fits.
    """
    values, ambiguous = flat(found)
    lines = {key: f"{variable(key)}={_escaped(it)}\n" for key, it in values.items()}
    fields = {key: lines.pop(key) for key in Deployment._fields}
    said = list(_unkeyed(ambiguous))
    for key in _EXPENDABLE:
        if _size(fields) <= MOST_BYTES:
            break
        fields[key] = f"{variable(key)}=\n"
        said.append(f"{key} is omitted from the dotenv file: GitLab accepts less than 5 KiB")
    room = MOST_BYTES - _size(fields)
    if room < 0:
        raise Refused(
            "the event does not fit into a dotenv file: GitLab accepts less than 5 KiB",
            hint="store the output of --format json as an artifact instead",
        )
    text = "".join(fields.values())
    for count, (key, line) in enumerate(lines.items(), start=len(fields) + 1):
        room -= len(line.encode())
        if count > MOST_VARIABLES or room < 0:
            said.append(
                f"{key} and the values after it are omitted from the dotenv file, "
                "because of its size"
            )
            break
        text += line
    return Written(text, tuple(said))


def _size(lines: Mapping[str, str]) -> int:
    return sum(len(it.encode()) for it in lines.values())


_ACTIVE = re.compile(rf"\n|{_HIDDEN}|[\\$%]|\A\ |\ \Z|\#(?=\#)")


def _escaped(text: str) -> str:
    return _ACTIVE.sub(_octal, text)


def _octal(found: re.Match[str]) -> str:
    if found[0] == "\\":
        return "\\\\"
    return "".join(f"\\0{byte:03o}" for byte in found[0].encode())


def _unkeyed(ambiguous: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        f"the metric {it!r} has no key, because another metric has the same one" for it in ambiguous
    )
