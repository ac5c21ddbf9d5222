"""Findings of `mreg validate`: each kind once, with its code; and where in a file each is.

The codes are stable. docs/annotations.md explains them, and docs/settings.md those that only a
settings file has (MS...); tests hold them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mreg.annotations import nodes
from mreg.annotations.nodes import Node
from mreg.annotations.text import BOM, OF_PLACES, Unreadable, line_and_column
from mreg.annotations.text import shown as readable

Severity = Literal["error", "warning"]

Location = tuple[str | int, ...]
"""Where a value is: the keys and positions that lead to it."""


class Kind(NamedTuple):
    """A kind of finding.

    Attributes:
        severity: an error makes `mreg validate` fail.
        title: the kind in a few words.
    """

    severity: Severity
    title: str


CODES: dict[str, Kind] = {
    "MA000": Kind("error", "a file that cannot be opened"),
    "MA001": Kind("error", "a file larger than 1 MiB"),
    "MA002": Kind("error", "a file that is not UTF-8"),
    "MA003": Kind("error", "a character that YAML does not allow"),
    "MA004": Kind("error", "a file that is no YAML"),
    "MA005": Kind("error", "a tab where YAML wants spaces"),
    "MA006": Kind("error", "an alias"),
    "MA007": Kind("error", "several documents in one file"),
    "MA008": Kind("error", "mappings and lists nested too deep"),
    "MA009": Kind("error", "a key that is no text"),
    "MA010": Kind("error", "a YAML tag"),
    "MA011": Kind("error", "a duplicate key"),
    "MA012": Kind("error", "a file that is no mapping"),
    "MA013": Kind("warning", "a byte order mark"),
    "MA014": Kind("warning", "line ends of Windows"),
    "MA015": Kind("error", "a file with too many values"),
    "MA016": Kind("error", "a file that two readers read differently"),
    "MA020": Kind("error", "an unknown field"),
    "MA021": Kind("error", "a value of the wrong type"),
    "MA022": Kind("error", "a version that is a number"),
    "MA023": Kind("error", "something missing"),
    "MA024": Kind("error", "a type that is not in the list"),
    "MA025": Kind("warning", "an old field"),
    "MA030": Kind("error", "a metric or param file that is not there"),
    "MA031": Kind("error", "a metric or param file that cannot be read"),
    "MA032": Kind("error", "a metric file without numbers"),
    "MA040": Kind("error", "a name that cannot be registered"),
    "MA041": Kind("error", "names that differ in case alone"),
    "MA042": Kind("error", "a name whose tags would need another tag to be a folder"),
    "MA043": Kind("error", "an artifact that is annotated twice"),
    "MA050": Kind("error", "a path that is not there"),
    "MA051": Kind("error", "two artifacts on one path"),
    "MA052": Kind("error", "a path outside of the repository"),
    "MA053": Kind("error", "a pointer that cannot be followed"),
    "MA060": Kind("error", "an input that does not resolve"),
    "MA061": Kind("warning", "an input that cannot be checked"),
    "MS001": Kind("error", "a name that no principal or role can have"),
    "MS002": Kind("error", "an unknown principal or role"),
    "MS003": Kind("error", "an unknown stage"),
    "MS004": Kind("error", "a key that is none"),
    "MS005": Kind("error", "a key or an address of two principals"),
    "MS006": Kind("error", "more approvals than there are approvers"),
    "MS007": Kind("error", "a branch that Git cannot hold"),
    "MS008": Kind("error", "a bound that is none"),
    "MS009": Kind("error", "required signatures without what they need"),
    "MS010": Kind("error", "a name that no stage can have"),
    "MS011": Kind("error", "a stage that no version can get to"),
    "MS012": Kind("error", "an id that no registry can have"),
    "MS013": Kind("error", "a field that annotations do not have"),
    "MS014": Kind("error", "an e-mail address that is none"),
    "MS020": Kind("warning", "a rule without effect"),
}
"""Every kind of finding, by code."""


MOST = 500
"""So many faults of a file are told. Nobody mends more at once, and each place has to be found."""


class Fault(NamedTuple):
    """Something wrong at a location of a file's content; where that is in the text is not known.

    Attributes:
        code: a key of `CODES`.
        location: the keys and positions that lead to it.
        message: what is wrong, in one line.
        hint: what to do about it; may be empty.
        at_key: whether it is the key that is wrong, rather than the value.
    """

    code: str
    location: Location
    message: str
    hint: str = ""
    at_key: bool = False


class Finding(NamedTuple):
    """One thing that is wrong with a file.

    Attributes:
        file: the file, as it was named.
        line: the line, counted from 1.
        column: where in the line it begins, in characters counted from 1.
        end_column: where in the line it ends: the column behind its last character.
        code: a key of `CODES`.
        severity: error or warning.
        message: what is wrong, in one line.
        hint: what to do about it; may be empty.
        source: the line itself.
    """

    file: str
    line: int
    column: int
    end_column: int
    code: str
    severity: Severity
    message: str
    hint: str
    source: str


def of_faults(
    file: str, text: str, faults: Sequence[Fault], *, aliases: bool = False
) -> list[Finding]:
    """Return the findings that faults of a file amount to, in the order of its lines.

    Args:
        file: the file's name.
        text: its text, which `mreg.annotations.nodes` can read.
        faults: what is wrong.
        aliases: whether the text may have aliases.
    """
    if not faults:
        return []
    root, found = _root(text, aliases=aliases), []
    for fault in faults[:MOST]:
        start, end = _span(root, fault.location, at_key=fault.at_key)
        found.append(_finding(file, text, start, end, fault.code, fault.message, fault.hint))
    if len(faults) > MOST:
        said = f"{found[-1].message} (and there are more faults, which are not shown)"
        found[-1] = found[-1]._replace(message=said)
    return in_order(found)


def _root(text: str, *, aliases: bool) -> Node | None:
    """Return the tree of a text that was read; None if the parser would take too long for it."""
    pairs, items = (": ", ":\n"), (",", "- ")
    if 2 * sum(map(text.count, pairs)) + sum(map(text.count, items)) > OF_PLACES.values:
        return None
    try:
        return nodes.compose(text, aliases=aliases, limits=OF_PLACES).root
    except Unreadable as error:
        if error.code != "MA015":
            raise
        return None


def of_twins(file: str, text: str, twins: Sequence[nodes.Twin]) -> list[Finding]:
    """Return the findings that duplicate keys amount to."""
    return [
        _finding(
            file,
            text,
            twin.key.start,
            twin.key.end,
            "MA011",
            f"the key {twin.key.raw!r} is there already, in line"
            f" {line_and_column(text, twin.first.start)[0]}",
            "remove one of them",
        )
        for twin in twins[:MOST]
    ]


def of_unreadable(file: str, text: str, error: Unreadable) -> Finding:
    """Return the finding that a file which cannot be read amounts to."""
    return _finding(file, text, error.offset, error.offset, error.code, error.message, error.hint)


def of_bytes(file: str, raw: bytes) -> list[Finding]:
    """Return the findings about how a file's bytes stand for its text."""
    shown, found = readable(raw), []
    if raw.startswith(BOM.encode()):
        message, hint = "the file begins with a byte order mark", "save it as UTF-8 without one"
        found.append(at_start(file, "MA013", message, hint, shown))
    if b"\r\n" in raw:
        message, hint = "the lines end as on Windows (CRLF)", "save it with line feeds alone"
        found.append(at_start(file, "MA014", message, hint, shown))
    return found


def at_start(file: str, code: str, message: str, hint: str = "", text: str = "") -> Finding:
    """Return a finding about a file as a whole."""
    return _finding(file, text, 0, 0, code, message, hint)


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """Return findings by file, line and column, each once."""
    return sorted(dict.fromkeys(found), key=lambda it: (it.file, it.line, it.column, it.code))


def _finding(
    file: str, text: str, start: int, end: int, code: str, message: str, hint: str
) -> Finding:
    line, column = line_and_column(text, start)
    begin = start - column + 1
    stop = text.find("\n", start)
    source = text[begin : len(text) if stop < 0 else stop].removesuffix("\r")
    width = max(1, min(end, begin + len(source)) - start)
    severity = CODES[code].severity
    return Finding(file, line, column, column + width, code, severity, message, hint, source)


def _span(root: Node | None, location: Location, *, at_key: bool) -> tuple[int, int]:
    """Return where a location begins and ends; of one that is not there, what comes nearest."""
    if root is None:
        return 0, 0
    node, key = root, root
    for step in location:
        if node.kind == "mapping" and (pair := node.get(str(step))):
            key, node = pair
        elif node.kind == "sequence" and isinstance(step, int) and step < len(node.items):
            key = node = node.items[step]
    chosen = key if at_key or node.start == node.end or node.kind == "mapping" else node
    return chosen.start, chosen.end
