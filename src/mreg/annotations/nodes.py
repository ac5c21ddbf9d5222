"""YAML as a tree that knows where everything stands: strict, slow, and with every finding.

ruamel.yaml scans and parses; the tree is built from its events, so that an alias, a tag or a
nesting too deep ends the reading where it stands, before anything was made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from mreg.annotations import scalars
from mreg.annotations.text import LIMITS, MAX_DEPTH, Limits, Unreadable, line_and_column
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

Kind = Literal["scalar", "mapping", "sequence"]


class YamlNode:
    """A value in a YAML text.

    Attributes:
        kind: scalar, mapping or sequence.
        start: the offset of its first character.
        end: the offset behind its last; for a block, behind that of its last value.
        value: a scalar's value.
        raw: a scalar's text, as a key has it, whatever it would mean.
        style: a scalar's style: "" for plain, or the character that marks it (' " | >).
        flow: whether it is written with brackets or braces.
        pairs: a mapping's keys and values, in order.
        items: a sequence's values.
    """

    __slots__ = ("end", "flow", "items", "kind", "pairs", "raw", "start", "style", "value")

    def __init__(
        self,
        kind: Kind,
        start: int,
        end: int,
        value: scalars.Scalar = None,
        *,
        raw: str = "",
        style: str = "",
        flow: bool = False,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.value = value
        self.raw = raw
        self.style = style
        self.flow = flow
        self.pairs: list[tuple[YamlNode, YamlNode]] = []
        self.items: list[YamlNode] = []

    def get(self, key: str) -> tuple[YamlNode, YamlNode] | None:
        """Return the key and the value that stand under a key of a mapping; the first of twins."""
        return next((pair for pair in self.pairs if pair[0].raw == key), None)

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars; of duplicate keys the first counts."""
        if self.kind == "mapping":
            found: dict[str, Any] = {}
            for key, value in self.pairs:
                found.setdefault(key.raw, value.plain())
            return found
        if self.kind == "sequence":
            return [item.plain() for item in self.items]
        return self.value


class Twin(NamedTuple):
    """A key that stands twice in one mapping: the second of them, and the first."""

    key: YamlNode
    first: YamlNode


class Composed(NamedTuple):
    """A YAML text, read: its value, None if it has nothing but comments; and the duplicate keys.

    Attributes:
        size: how many values there are, as limits count them.
    """

    root: YamlNode | None
    twins: tuple[Twin, ...]
    size: int


def compose(text: str, *, aliases: bool = False, limits: Limits = LIMITS) -> Composed:
    """Read a YAML text of one document.

    With `aliases`, they and merge keys stand for what they name, as in files of others.

    Raises:
        Unreadable: it is no YAML, it is more than the limits allow, or it has what mreg does not
            read: aliases, tags, a second document, a key that is no scalar, or a nesting beyond
            `MAX_DEPTH`. What aliases stand for counts, too.
    """
    if len(text) > limits.characters:
        raise Unreadable("MA015", f"it has more than {limits.characters:,} characters")
    builder = _NodeBuilder(text, aliases=aliases)
    for event in _events(text):
        builder.take(event)
        if builder.size > limits.values:
            said = f"it contains more than {limits.values:,} values"
            raise Unreadable("MA015", said, event.start_mark.index)
    return Composed(builder.root, tuple(builder.twins), builder.size)


def mapping(
    text: str, *, aliases: bool = False, limits: Limits = LIMITS, above: int = 0
) -> tuple[dict[str, Any], int]:
    """Return the mapping that a text holds, below so many lines of its file, and its size.

    Raises:
        Unreadable: as for `compose`; or it is no mapping, or a key stands in it twice.
    """
    composed = compose(text, aliases=aliases, limits=limits)
    if composed.twins:
        twin = composed.twins[0]
        line, _ = line_and_column(text, twin.first.start)
        message = f"the key {twin.key.raw!r} is a duplicate of the one in line {above + line}"
        raise Unreadable("MA011", message, twin.key.start)
    value = composed.root.plain() if composed.root else None
    if value is not None and not isinstance(value, dict):
        raise Unreadable("MA012", "it is not a mapping")
    return value or {}, composed.size


def _events(text: str) -> Iterator[Event]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    from mreg.annotations.scanner import TabScanner

    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = TabScanner
    try:
        yield from yaml.parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said, offset = str(error.problem or error.context), int(mark.index) if mark else 0
        raise _syntax(text, said, offset) from None
    # On some texts it fails in ways of its own: an AssertionError for "%YAML 1.3", for instance.
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise Unreadable("MA004", f"it is not valid YAML: {said or type(error).__name__}") from None


_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
"""What a merge leaves around what it could not merge (`git help merge`)."""


def _syntax(text: str, said: str, offset: int) -> Unreadable:
    if mark := _CONFLICT.search(text):
        message = f"the line begins with {mark[0].strip()}: a merge conflict is not resolved"
        return Unreadable(
            "MA004", message, mark.start(), hint="resolve the conflict, then commit the file"
        )
    line_start = text.rfind("\n", 0, offset) + 1
    tab = text.find("\t", line_start, offset + 1)
    if tab >= 0 and not text[line_start:tab].strip(" \t-"):
        message = "a tab where YAML, or mreg's reader of it, requires spaces"
        return Unreadable("MA005", message, tab, hint="indent only with spaces")
    said = said.replace("'\\t'", "a tab")
    if "\t" in text[offset : offset + 1]:
        said = f"{said}, which mreg's reader of YAML does not accept here"
        return Unreadable("MA004", said, offset, hint="replace the tab with a space")
    return Unreadable("MA004", f"it is not valid YAML: {said}", min(offset, len(text)))


class _Anchored(NamedTuple):
    """A value that an alias may name, what it adds to the size of what holds it, and its levels."""

    node: YamlNode
    size: int
    height: int


class _Open:
    """A mapping or list that has begun: its anchor, the builder's size before it, its keys so far.

    `key` is the one whose value comes next.
    """

    def __init__(self, node: YamlNode, anchor: str | None, size: int) -> None:
        self.node = node
        self.anchor = anchor
        self.size = size
        self.keys: dict[str, YamlNode] = {}
        self.key: YamlNode | None = None


# A long text that aliases repeat is large, too: so many characters of it count as one value.
_CHARACTERS = 1000


class _NodeBuilder:
    """Builds the tree from events; `size` grows with each event, and with what aliases repeat."""

    def __init__(self, text: str, *, aliases: bool) -> None:
        self.root: YamlNode | None = None
        self.size = 0
        self._aliases = aliases
        self._anchors: dict[str, _Anchored] = {}
        self.twins: list[Twin] = []
        self._text = text
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: Event) -> None:
        """Take the parser's next event."""
        from ruamel.yaml import events

        self.size += 1
        if isinstance(event, events.ScalarEvent):
            node, before = self._scalar(event), self.size
            self.size += len(node.raw) // _CHARACTERS
            self._anchor(event.anchor, node, self.size - before + 1)
            self._add(node)
        elif isinstance(event, events.CollectionStartEvent):
            self._begin(event, mapping=isinstance(event, events.MappingStartEvent))
        elif isinstance(event, events.CollectionEndEvent):
            self._finish(event)
        elif isinstance(event, events.AliasEvent):
            self._add(self._alias(event))
        elif isinstance(event, events.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                message, start = "a second document in one file", event.start_mark.index
                raise Unreadable("MA007", message, start, hint="remove ---")

    def _alias(self, event: Any) -> YamlNode:
        """Return what an alias names, standing in its place."""
        start = event.start_mark.index
        if not self._aliases:
            message = f"an alias (*{event.anchor}), which mreg does not support"
            raise Unreadable("MA006", message, start, hint="write the value itself")
        # A value that names itself is not known yet either.
        named = self._anchors.get(event.anchor)
        if named is None:
            raise Unreadable(
                "MA004", f"the alias *{event.anchor} is not defined before this line", start
            )
        if len(self._open) + named.height > MAX_DEPTH:
            raise Unreadable("MA008", f"it nests deeper than {MAX_DEPTH} levels", start)
        self.size += named.size
        its = copy(named.node)
        its.start, its.end = start, event.end_mark.index
        if its.kind != "scalar":
            self._must_be_value(its)
        return its

    def _anchor(self, anchor: str | None, node: YamlNode, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node, size, _height(node))

    def _scalar(self, event: Any) -> YamlNode:
        start, end = event.start_mark.index, event.end_mark.index
        _refuse_tag(event)
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        value = event.value if style else scalars.resolve(event.value)
        return YamlNode("scalar", start, end, value, raw=event.value, style=style)

    def _begin(self, event: Any, *, mapping: bool) -> None:
        kind: Kind = "mapping" if mapping else "sequence"
        _refuse_tag(event)
        start = event.start_mark.index
        if len(self._open) == MAX_DEPTH:
            raise Unreadable("MA008", f"it nests deeper than {MAX_DEPTH} levels", start)
        node = YamlNode(kind, start, event.end_mark.index, flow=bool(event.flow_style))
        self._must_be_value(node)
        self._open.append(_Open(node, event.anchor, self.size - 1))

    def _finish(self, event: Any) -> None:
        begun = self._open.pop()
        node = begun.node
        if node.flow:
            node.end = event.end_mark.index
        else:
            # The parser ends a block where the next thing begins, behind comments and blanks.
            last = node.pairs[-1][1] if node.pairs else node.items[-1] if node.items else None
            node.end = last.end if last else node.end
        if self._aliases and node.kind == "mapping":
            _merge(node)
        self._anchor(begun.anchor, node, self.size - begun.size)
        self._add(node)

    def _must_be_value(self, node: YamlNode) -> None:
        parent = self._open[-1] if self._open else None
        if parent and parent.node.kind == "mapping" and parent.key is None:
            raise Unreadable("MA009", "a key must be a string", node.start)

    def _add(self, node: YamlNode) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.node.kind == "sequence":
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = node
            first = parent.keys.setdefault(node.raw, node)
            if first is not node:
                self.twins.append(Twin(node, first))
        else:
            if node.kind == "scalar" and node.start == node.end:
                _place_nothing(node, parent.key, self._text)
            parent.node.pairs.append((parent.key, node))
            parent.key = None


def _height(node: YamlNode) -> int:
    """Return how many levels of mappings and lists a value has."""
    inner = [*node.items, *(value for _, value in node.pairs)]
    return int(node.kind != "scalar") + max(map(_height, inner), default=0)


def _merge(node: YamlNode) -> None:
    """Put in what a merge key names (https://yaml.org/type/merge.html); own keys win."""
    pair = node.get("<<")
    if pair is None or pair[0].style:
        return
    merged = pair[1].items if pair[1].kind == "sequence" else [pair[1]]
    if any(it.kind != "mapping" for it in merged):
        raise Unreadable("MA004", "a merge key (<<) does not refer to a mapping", pair[1].start)
    # Of several values under one key the first counts, as in `YamlNode.plain`.
    own = [it for it in node.pairs if it is not pair]
    others = {it[0].raw: it for source in reversed(merged) for it in source.pairs}
    known = {key.raw for key, _ in own}
    node.pairs = [*own, *(it for key, it in others.items() if key not in known)]


def _refuse_tag(event: Any) -> None:
    if event.tag is not None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        message, start = f"a tag ({tag}), which mreg does not support", event.start_mark.index
        raise Unreadable("MA010", message, start, hint="write a plain value")


def _place_nothing(node: YamlNode, key: YamlNode, text: str) -> None:
    """Put the place of a value that is left out behind the colon of its key."""
    colon = text.find(":", key.end)
    if colon >= 0 and not text[key.end : colon].strip():
        node.start = node.end = colon + 1
