"""Generated and mutated YAML documents, with keys and values of every kind, and who reads them."""

from __future__ import annotations

import re
import warnings
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from mreg.annotations import document, entries, nodes, plain, text
from mreg.annotations.text import LIMITS, Limits, Unreadable, line_and_column
from yaml_texts import FULL

# fmt: off
_PLAIN_KEYS = [
    "a", "b", "churn", "type", "path", "metrics", "auc", "x/y", "a.b-c", "_1", "2", "null",
    "true", "1.5",
]
_KEYS = [
    *_PLAIN_KEYS, "模型", "Ünit", "é", '"quoted"', "'single'", "? complex", "?", "&anchor a",
    "*alias", "!tag b", "!!str c", "-x", "- x", "~", "<<", "(", "@at", "`tick", "a\u00a0b",
    "\u00a0", "🎉", "\ufeffa", "a\tb", "\ta", "key ", "a b", "", "---", "...", "%YAML 1.2",
    "%TAG ! x", "[a]", "{a}", "a#b", "#a", "a: b", "a:b", "|", ">", ",", "]", "}", "%", "=",
    "\\", "\u2028", "\u0085", "a'b", 'a"b', "--", ".", "..", "0x1F", "\u200b", "\uff46ull",
    "x" * 130, "k" * 201, "k" * 1030, "+", "/", "$", "^", ":", "::", ";",
]
_PLAIN_VALUES = [
    "1", "0.5", "x", "v1.0.0", "true", "~", "null", "", "a b", "models/a.pkl", "'it''s'",
    '"a b"', "[a, b]", "[]", "{}", "{a: 1, b: x}", "[ 'a', \"b\" ]", "http://x/y#z",
    "2024-01-01", "-1", "1e3", ".inf", "(a)",
]
_VALUES = [
    *_PLAIN_VALUES, "模型", "🎉", "|", ">", "|-", ">+", "|2", "|\n  x", ">-\n  x\n\n  y",
    "'a\n  b'", '"a\n  b"', '"a\\n"', "'a", '"a', "[a,", "[a,\n b]", "{a: 1", "{a}", "{a: }",
    "{a: 1,}", "[a,]", "[,]", "[a: b]", "[a:b]", "{a:b}", "[[a]]", "{a: {b: c}}", "[- a]",
    "- a", "-", "--", "?", "? a", "&x 1", "*x", "&x", "!t 1", "!!int '1'", "%a", "@a", "`a`",
    "a: b", "a:", ":", ": a", "a #b", "a#b", "#a", "#", "a\tb", "\t", "\ta", "a\t", "a\u00a0",
    "\u00a0a", "\ufeffx", "a\u2028b", "a\u0085b", "]", "}", ",", "a,b", "a]", "a}", "---",
    "...", "--- a", "<<", "=", "0o17", "017", "0x1F", "1_000", "1:30", "+1", ".5", "5.",
    "1" * 120, "9" * 400, "1e999", "nan", ".nan", "yes", "x" * 1100, "[" + "a, " * 400 + "b]",
    "\\", "a\\", "'a'b", '"a"b', "'a' b", "[a] b", "[a]b", "{a: 1}b", "\u3000a", "a \u3000#b",
    "a:\u3000b", "\u200b", "[a\u00a0, b]", "[1, 'a,b']", "[a b, c]",
    *["{metrics: {auc: 0.99}, owner: eve}", "[{a: 1}]", "|\n    x", '"\\u0061"'] * 5,
]
_LINES = [
    "", "", " ", "# note", "  # note", "#模型", "\t", "\t# x", "---", "...", "%YAML 1.2", "text",
    "- a", "- ", "-", "  text", "\ufeff", "# a\u2028b: c", "? a", ": b", "--- # x", "---  ",
    "  - a", "- a: 1", "'", '"', "]", "}",
]
_PIECES = [
    *" \n\t:#-?,[]{}&*!|>'\"%@`~<=.\\a1", "模", "\u00a0", "\ufeff", "🎉", "\u0085", "\u2028",
    ": ", " #", "- ", "\n  ", "\n- ", "<<", "---\n", "...\n", "\r\n", "\r", "\x00", "\x1b",
    "\x7f", "\ud800",
]
# fmt: on


def generated(random: Random) -> str:
    """Return a document that is YAML more often than not, or that was until something was done."""
    content = _written(random) if random.random() < 0.3 else _drawn(random)
    return _mutated(content, random) if random.random() < 0.3 else content


def _written(random: Random) -> str:
    """Return what somebody wrote, in which a few lines of any kind were put."""
    lines = FULL.split("\n")[: random.randint(3, 45)]
    for number in range(random.randint(0, 3)):
        line = _pair(random.choice(_VALUES), number, random.random() < 0.8, random)
        at = random.randint(0, len(lines))
        lines[at : at + random.randint(0, 1)] = [" " * random.choice((0, 0, 0, 2, 2, 4)) + line]
    return "\n".join(lines)


def _drawn(random: Random) -> str:
    """Return lines that were drawn one after the other."""
    # With one key or value of another kind among many, near misses are the most frequent.
    strangeness = random.choice((0, 0, 0.03, 0.1, 0.4))
    lines: list[str] = []
    indents, is_bare, in_list = [0], False, False
    for number in range(random.randint(1, 12)):
        if random.random() < strangeness / 2:
            lines.append(random.choice(_LINES))
            continue
        if random.random() < strangeness:
            indents, in_list = [*indents, random.randint(0, 8)], random.random() < 0.3
        elif is_bare and random.random() < 0.8:
            indents.append(indents[-1] + random.choice((2, 2, 2, 1, 4)))
            in_list = random.random() < 0.3
        elif random.random() < 0.3:
            indents, in_list = indents[: random.randint(1, len(indents))], False
        strange = random.random() < strangeness
        value = random.choice(_VALUES if random.random() < strangeness else _PLAIN_VALUES)
        lines.append(" " * indents[-1] + _pair(value, number, strange, random))
        is_bare = value == ""
        if in_list and random.random() < 0.5:
            lines[-1] = f"{' ' * indents[-1]}- {value or 'x'}"
            is_bare = False
        elif in_list:
            lines[-1] = f"{' ' * indents[-1]}- {lines[-1].lstrip()}"
            indents, in_list = [*indents, indents[-1] + 2], False
    ends = random.choice(("\n", "\n", "\n", "", "\n\n", " \n"))
    return "\n".join(lines) + ends


def _pair(value: str, number: int, strange: bool, random: Random) -> str:
    """Return a key and its value, of one kind or another."""
    if not strange:
        return f"{random.choice(_PLAIN_KEYS)}{number}: {value}"
    key = random.choice(_KEYS)
    colon = random.choice((": ", ": ", ": ", ":", ":  ", " : ", ""))
    comment = random.choice(("", "", "", "", " ", " # c", "# c", "\t", "\t# c", " \t #"))
    return f"{key}{random.choice(('', number))}{colon}{value}{comment}"


def _mutated(text: str, random: Random) -> str:
    """Put something in, take something out, or move a part, up to three times."""
    for _ in range(random.randint(1, 3)):
        at, end = sorted(random.randint(0, len(text)) for _ in range(2))
        end = min(end, at + random.randint(0, 12))
        match random.randrange(4):
            case 0:
                text = text[:at] + random.choice(_PIECES) + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case 2:
                text = text[:at] + random.choice(_PIECES) + text[end:]
            case _:
                to = random.randint(0, len(text))
                text = text[:to] + text[at:end] + text[to:]
    return text


class Verdict(NamedTuple):
    """What the readers made of a text.

    Attributes:
        fast: whether the fast reader read it.
        full: whether the full parser did.
        wrong: what they disagree about; empty if nothing.
    """

    fast: bool = False
    full: bool = False
    wrong: str = ""


class _FullParser:
    """The full parser, which reads a text once: it takes longest, and four ways lead to it."""

    def __init__(self) -> None:
        self._read = nodes.mapping
        self._said: dict[object, tuple[dict[str, Any], int] | Unreadable] = {}

    def __call__(
        self, content: str, *, aliases: bool = False, limits: Limits = LIMITS, above: int = 0
    ) -> tuple[dict[str, Any], int]:
        key = content, aliases, limits, above
        if key not in self._said:
            try:
                self._said[key] = self._read(content, aliases=aliases, limits=limits, above=above)
            except Unreadable as error:
                self._said[key] = error
        said = self._said[key]
        if isinstance(said, Unreadable):
            raise said
        return deepcopy(said)


def judge(document_text: str) -> Verdict:
    """Hold the fast reader against the full parser, and that against ruamel.yaml's own tree.

    Raises:
        Exception: a reader fails with anything but `Unreadable`.
    """
    with patch.object(nodes, "mapping", _FullParser()):
        return _judged(document_text)


def _judged(document_text: str) -> Verdict:
    try:
        content = text.decode(document_text.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return Verdict()
    fast = _plain(content)
    if plain.is_clean(content) and (fast is None) != (_plain(plain.shape(content)) is None):
        return Verdict(wrong=f"its shape is {plain.shape(content)!r}")
    cut, cut_by_shape = _cut(content, few=64), _cut(content, few=0)
    try:
        full = document.load_whole(content)
    except Unreadable as error:
        refused = f"line {line_and_column(content, error.offset)}: {error}"
        sound = not fast and refused == cut == cut_by_shape
        wrong = "" if sound else f"the parser refuses: {refused}; cut into entries it is {cut}"
        return Verdict(fast is not None, False, wrong)
    for it in (cut, cut_by_shape):
        if isinstance(it, str) or (keys := document.difference(it, full)) is not None:
            return Verdict(fast is not None, True, f"cut into entries it is {it}")
    if fast is not None and (keys := document.difference(fast, full)) is not None:
        return Verdict(True, True, f"the two differ at {keys}")
    try:
        root = _composed(content)
    except MarkedYAMLError:
        # It takes no tabs between tokens; with blanks in their places it reads the same, but for
        # what stands in block texts.
        if "\t" not in content:
            raise
        if "|" in content or ">" in content:
            return Verdict(fast is not None, True)
        full, root = _without_tabs(full), _composed(content.replace("\t", " "))
    return Verdict(fast is not None, True, _unlike(full or None, root) or "")


def _plain(content: str) -> Any:
    """Return what the fast reader makes of a mapping; None if it does not read it."""
    try:
        value = plain.parse(content)
    except plain.NotPlain:
        return None
    return value if isinstance(value, dict) else {} if value is None else None


def _cut(content: str, *, few: int) -> dict[str, Any] | str:
    """Return what a file holds, cut into entries; or why it cannot be read, and where."""
    with patch.object(entries, "_FEW", few):
        try:
            return dict(document.YamlReader().entries(content.encode()).items())
        except Unreadable as error:
            return f"line {line_and_column(content, error.offset)}: {error}"


def _composed(content: str) -> Any:
    with warnings.catch_warnings():  # of an anchor that is there twice
        warnings.simplefilter("ignore")
        return YAML(typ="safe", pure=True).compose(content)


def _without_tabs(value: Any) -> Any:
    if isinstance(value, dict):
        return {_without_tabs(key): _without_tabs(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_without_tabs(it) for it in value]
    return value.replace("\t", " ") if isinstance(value, str) else value


_KINDS = {"null": type(None), "bool": bool, "int": int, "float": float}


def _unlike(ours: Any, theirs: Node | None) -> str:
    """Say in what a value is not what a node of ruamel.yaml is; nothing if it is."""
    if theirs is None or ours is None:
        empty = isinstance(theirs, MappingNode) and not theirs.value
        null = theirs is None or empty or str(theirs.tag).endswith(":null")
        return "" if ours is None and null else f"{ours!r} is no {theirs}"
    if isinstance(theirs, MappingNode):
        keys = [key.value for key, _ in theirs.value]
        if not isinstance(ours, dict) or list(ours) != keys:
            return f"{ours!r} has not the keys {keys}"
        return next(filter(None, (_unlike(ours[it.value], of) for it, of in theirs.value)), "")
    if isinstance(theirs, SequenceNode):
        if not isinstance(ours, list) or len(ours) != len(theirs.value):
            return f"{ours!r} has not {len(theirs.value)} items"
        return next(filter(None, map(_unlike, ours, theirs.value)), "")
    return _unlike_scalar(ours, theirs)


def _unlike_scalar(ours: Any, theirs: Node) -> str:
    kind = _KINDS.get(str(theirs.tag).rpartition(":")[2], str)
    if isinstance(ours, str):
        # ruamel.yaml takes more for numbers than the core schema of YAML 1.2 does.
        sound = kind is str or "_" in ours or len(ours) > 100
        return "" if sound and ours == theirs.value else f"{ours!r} is no {theirs.value!r}"
    if kind is str and re.fullmatch(r"[-+]?\.[0-9]+[eE][-+]?[0-9]+", theirs.value):
        kind = float  # the other way round: ".1e3"
    return "" if type(ours) is kind else f"{ours!r} is no {kind.__name__}"
