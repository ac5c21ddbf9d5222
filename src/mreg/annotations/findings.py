"""Findings of `mreg validate`: each kind once, with its code; and where in a file each is.

The codes are stable. docs/reference/annotations.md explains them, and docs/reference/settings.md
those that only a settings file has (MS...); tests hold them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mreg.annotations import nodes
from mreg.annotations.entries import Pieces
from mreg.annotations.nodes import YamlNode
from mreg.annotations.text import BOM, OF_PLACES, Unreadable, line_and_column
from mreg.annotations.text import shown as readable
from mreg.core.diagnostics import Code, Diagnostic, Keys, Location
from mreg.tuples import NamedTuple

CODES: dict[str, Code] = {
    "MA000": Code("error", "a file that cannot be opened"),
    "MA001": Code("error", "a file that is too large"),
    "MA002": Code("error", "a file that is not UTF-8"),
    "MA003": Code("error", "a character that YAML does not allow"),
    "MA004": Code("error", "a file that is not YAML"),
    "MA005": Code("error", "a tab where YAML wants spaces"),
    "MA006": Code("error", "an alias"),
    "MA007": Code("error", "several documents in one file"),
    "MA008": Code("error", "mappings and lists nested too deep"),
    "MA009": Code("error", "a key that is not text"),
    "MA010": Code("error", "a YAML tag"),
    "MA011": Code("error", "a duplicate key"),
    "MA012": Code("error", "a file that is not a mapping"),
    "MA013": Code("warning", "a byte order mark"),
    "MA014": Code("warning", "Windows line endings"),
    "MA015": Code("error", "a file with too many values"),
    "MA016": Code("error", "a file that two readers read differently"),
    "MA020": Code("error", "an unknown field"),
    "MA021": Code("error", "a value of the wrong type"),
    "MA022": Code("error", "a version that is a number"),
    "MA023": Code("error", "a missing field"),
    "MA024": Code("error", "a type that is not in the list"),
    "MA025": Code("warning", "an old field"),
    "MA030": Code("error", "a metric or param file that does not exist"),
    "MA031": Code("error", "a metric or param file that cannot be read"),
    "MA032": Code("error", "a metric file without numbers"),
    "MA033": Code("warning", "a metric that is NaN or infinite"),
    "MA040": Code("error", "a name that cannot be registered"),
    "MA041": Code("error", "names that differ only in case"),
    "MA042": Code("error", "a name whose tags conflict with other tags"),
    "MA043": Code("error", "an artifact that is annotated twice"),
    "MA050": Code("error", "a path that does not exist"),
    "MA051": Code("error", "two artifacts on one path"),
    "MA052": Code("error", "a path outside the repository"),
    "MA053": Code("error", "a pointer that cannot be followed"),
    "MA054": Code("error", "a DVC template that cannot be filled in"),
    "MA055": Code("error", "a path in a submodule"),
    "MA056": Code("error", "an unreadable DVC file that may track the path"),
    "MA057": Code("warning", "an input that neither Git nor DVC tracks"),
    "MA060": Code("error", "an input that does not resolve"),
    "MA061": Code("warning", "an input that cannot be checked"),
    "MA062": Code("warning", "a file outside of any repository"),
    "MA063": Code("error", "a file in another repository"),
    "MA064": Code("error", "a schema that is not a JSON Schema"),
    "MA065": Code("warning", "a format for another type"),
    "MA066": Code("error", "an example file that does not exist"),
    "MA067": Code("error", "an example file that cannot be read"),
    "MA068": Code("error", "an example that does not match its schema"),
    "MA069": Code("warning", "an example without a schema"),
    "MS001": Code("error", "an invalid name of a principal or role"),
    "MS002": Code("error", "an unknown principal or role"),
    "MS003": Code("error", "an unknown stage"),
    "MS004": Code("error", "an invalid key"),
    "MS005": Code("error", "a key or an address that two principals share"),
    "MS006": Code("error", "more approvals than there are approvers"),
    "MS007": Code("error", "an invalid branch name"),
    "MS008": Code("error", "an invalid bound"),
    "MS009": Code("error", "required signatures without a registry id or a key"),
    "MS010": Code("error", "an invalid stage name"),
    "MS011": Code("error", "a stage that no version can reach"),
    "MS012": Code("error", "an invalid registry id"),
    "MS013": Code("error", "a field that annotations do not have"),
    "MS014": Code("error", "an invalid e-mail address"),
    "MS015": Code("error", "an invalid endpoint"),
    "MS016": Code("error", "a secret in the file"),
    "MS020": Code("warning", "a rule without effect"),
}
"""Every kind of finding, by code."""

MOST = 500
"""So many faults of a file are told. Nobody mends more at once, and each place has to be found."""


def fault(
    code: str, keys: Keys, message: str, hint: str = "", *, at_key: bool = False
) -> Diagnostic:
    """Return what is wrong with a value of a file; where that is in the text, `of_faults` finds.

    Args:
        code: a key of `CODES`; an error makes `mreg validate` fail.
        keys: the keys and positions that lead to the value.
        message: what is wrong, in one line.
        hint: what to do about it.
        at_key: whether it is the key that is wrong, rather than the value.
    """
    return Diagnostic(code, CODES[code].severity, "", message, hint, Location(keys, at_key))


class _Part(NamedTuple):
    """A part of a file's text: it, its tree, and how many lines are above it."""

    text: str
    root: YamlNode | None
    above: int = 0


def of_faults(
    file: str,
    text: str,
    faults: Sequence[Diagnostic],
    *,
    aliases: bool = False,
    pieces: Pieces | None = None,
) -> list[Diagnostic]:
    """Return the findings that faults of a file amount to, in the order of its lines.

    `mreg.annotations.nodes` has to be able to read its text, with aliases or without. If that is
    known to be made of entries, only those are read in which there are faults.
    """
    if not faults:
        return []
    told, found = faults[:MOST], []
    parts = _parts(pieces, told) if pieces else {}
    whole = _Part(text, None) if pieces else _Part(text, _root(text, aliases=aliases))
    for it in told:
        part = parts.get(it.location.keys[0], whole) if it.location.keys else whole
        start, end = _span(part.root, it.location)
        finding = _finding(file, part.text, start, end, it.code, it.message, it.hint)
        place = finding.location
        found.append(finding._replace(location=place._replace(line=part.above + place.line)))
    if len(faults) > MOST:
        said = f"{found[-1].message} (more problems are not shown)"
        found[-1] = found[-1]._replace(message=said)
    return in_order(found)


def _parts(pieces: Pieces, faults: Iterable[Diagnostic]) -> dict[str | int, _Part]:
    """Return the entries in which there are faults, by their keys."""
    keys = {str(it.location.keys[0]) for it in faults if it.location.keys}
    starts = sorted((start, key) for key in keys if (start := pieces.find(key)) is not None)
    found: dict[str | int, _Part] = {}
    above = at = 0
    for start, key in starts:
        above, at = above + pieces.text.count("\n", at, start), start
        piece = f"{pieces.at(start)}\n"
        found[key] = _Part(piece, _root(piece, aliases=False), above)
    return found


def _root(text: str, *, aliases: bool) -> YamlNode | None:
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


def of_twins(file: str, text: str, twins: Sequence[nodes.Twin]) -> list[Diagnostic]:
    """Return the findings that duplicate keys amount to."""
    found = []
    for key, first in twins[:MOST]:
        line, _ = line_and_column(text, first.start)
        said = f"the key {key.raw!r} already exists, in line {line}"
        found.append(_finding(file, text, key.start, key.end, "MA011", said, "remove one of them"))
    return found


def of_unreadable(file: str, text: str, error: Unreadable) -> Diagnostic:
    """Return the finding that a file which cannot be read amounts to."""
    return _finding(file, text, error.offset, error.offset, error.code, error.message, error.hint)


def of_bytes(file: str, raw: bytes) -> list[Diagnostic]:
    """Return the findings about how a file's bytes stand for its text."""
    mark, ends = (
        "the file begins with a byte order mark",
        "the file has Windows line endings (CRLF)",
    )
    faults = (
        (raw.startswith(BOM.encode()), "MA013", mark, "save it as UTF-8 without a byte order mark"),
        (b"\r\n" in raw, "MA014", ends, "save it with Unix line endings (LF)"),
    )
    text = readable(raw)
    return [at_start(file, code, said, hint, text) for holds, code, said, hint in faults if holds]


def at_start(file: str, code: str, message: str, hint: str = "", text: str = "") -> Diagnostic:
    """Return a finding about a file as a whole."""
    return _finding(file, text, 0, 0, code, message, hint)


def in_order(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings by file, line and column, each once."""
    return sorted(
        dict.fromkeys(found),
        key=lambda it: (it.subject, it.location.line, it.location.column, it.code),
    )


def _finding(
    file: str, text: str, start: int, end: int, code: str, message: str, hint: str
) -> Diagnostic:
    line, column = line_and_column(text, start)
    begin = start - column + 1
    stop = text.find("\n", start)
    source = text[begin : len(text) if stop < 0 else stop].removesuffix("\r")
    width = max(1, min(end, begin + len(source)) - start)
    place = Location(line=line, column=column, end_column=column + width, source=source)
    return Diagnostic(code, CODES[code].severity, file, message, hint, place)


def _span(root: YamlNode | None, location: Location) -> tuple[int, int]:
    """Return where a location begins and ends; of one that is not there, what comes nearest."""
    if root is None:
        return 0, 0
    node, key = root, root
    for step in location.keys:
        if node.kind == "mapping" and (pair := node.get(str(step))):
            key, node = pair
        elif node.kind == "sequence" and isinstance(step, int) and step < len(node.items):
            key = node = node.items[step]
    chosen = key if location.at_key or node.start == node.end or node.kind == "mapping" else node
    return chosen.start, chosen.end
