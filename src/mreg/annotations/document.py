"""A file's bytes as a mapping of names to values: the reading that `mreg show` waits for.

A plain text is read by `plain`, fast; any other by `nodes`, whole. Where a gate or the bytes that
`get` hands out depend on it, both read it, and have to agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol

from mreg.annotations import plain, text
from mreg.annotations.text import LIMITS, OF_A_CHECK, Limits, Unreadable

if TYPE_CHECKING:
    from mreg.annotations.nodes import Twin

FILE = "artifacts.yaml"
"""The name of mreg's own annotation files."""

DVC_FILE = "dvc.yaml"
"""The name of DVC's pipeline files, whose `artifacts:` section annotates too."""

_FORM = 2
"""The form in which readings are kept; and the rules by which texts are read, as a number."""


class ReadingCache(Protocol):
    """What the full parser read before, of whichever files, such as `mreg.git.readings`."""

    def get(self, key: str) -> str | None:
        """Return what is kept under a key; None if nothing is."""

    def put(self, key: str, reading: str) -> None:
        """Keep something under a key, if that can be done."""


class YamlReader:
    """Reads files; what it has parsed once it knows, as long as it lives."""

    def __init__(
        self, *, aliases: bool = False, checked: bool = False, readings: ReadingCache | None = None
    ) -> None:
        """Make a reader.

        Args:
            aliases: whether it resolves aliases, as in files that are not mreg's own.
            checked: whether the full parser has to read the same, whatever the fast one read.
            readings: what the full parser read before.
        """
        self._aliases = aliases
        self._checked = checked
        self._readings = readings
        self._entries = plain.Entries()

    def load(self, raw: bytes) -> dict[str, Any]:
        """Return the mapping that a file holds; an empty file holds none.

        What is returned is shared between calls: it must not be changed.

        Raises:
            Unreadable: it is no mapping, it cannot be read, or two readers differ about it.
        """
        content = text.decode(raw)
        fast = self._entries.merged(content)
        if fast is not None and not self._checked:
            return fast
        full = self._full(raw, content, LIMITS if fast is None else OF_A_CHECK)
        if fast is not None and (keys := difference(fast, full)) is not None:
            raise _differing(content, keys, aliases=self._aliases)
        return full

    def load_with_twins(self, raw: bytes) -> tuple[dict[str, Any], tuple[Twin, ...]]:
        """Read one file, in which keys may stand twice: the first counts. Return those, too.

        Raises:
            Unreadable: as for `load`, but for duplicate keys.
        """
        try:
            return self.load(raw), ()
        except Unreadable as error:
            if error.code != "MA011":
                raise
        from mreg.annotations import nodes

        composed = nodes.compose(text.decode(raw), aliases=self._aliases)
        assert composed.root is not None
        return composed.root.plain(), composed.twins

    def _full(self, raw: bytes, content: str, limits: Limits) -> dict[str, Any]:
        """Read a text with the full parser, unless that was done before."""
        if self._readings is None:
            return load_whole(content, aliases=self._aliases, limits=limits)
        key = self._key(raw)
        kept = self._readings.get(key)
        if kept is not None:
            return _unpacked(kept)
        try:
            found = load_whole(content, aliases=self._aliases, limits=limits)
        except Unreadable as error:
            self._readings.put(key, _packed(error))
            raise
        self._readings.put(key, _packed(found))
        return found

    def _key(self, raw: bytes) -> str:
        """Return what a reading is kept under: all that it depends on."""
        import hashlib

        from mreg import __version__

        by = f"{_FORM} {__version__} {self._aliases}\n".encode()
        return hashlib.sha256(by + raw).hexdigest()


def load(raw: bytes, *, aliases: bool = False) -> dict[str, Any]:
    """Read one file; otherwise as `YamlReader` and `YamlReader.load`."""
    return YamlReader(aliases=aliases).load(raw)


def load_whole(content: str, *, aliases: bool = False, limits: Limits = LIMITS) -> dict[str, Any]:
    """Read a text of any form with the full parser; otherwise as `YamlReader.load`."""
    from mreg.annotations import nodes

    composed = nodes.compose(content, aliases=aliases, limits=limits)
    if composed.twins:
        twin = composed.twins[0]
        line, _ = text.line_and_column(content, twin.first.start)
        message = f"the key {twin.key.raw!r} is a duplicate of that in line {line}"
        raise Unreadable("MA011", message, twin.key.start)
    value = composed.root.plain() if composed.root else None
    if value is not None and not isinstance(value, dict):
        raise Unreadable("MA012", "it is not a mapping")
    return value or {}


def _packed(read: dict[str, Any] | Unreadable) -> str:
    """Return a reading as it is kept."""
    import json

    if isinstance(read, Unreadable):
        return json.dumps({"fault": [read.code, read.message, read.offset, read.hint]})
    return json.dumps({"value": read})


def _unpacked(kept: str) -> dict[str, Any]:
    """Return what was read, or raise what kept it from being read."""
    import json

    found = json.loads(kept)
    if "fault" in found:
        *where, hint = found["fault"]
        raise Unreadable(*where, hint=hint)
    value: dict[str, Any] = found["value"]
    return value


_ABSENT = object()


def difference(one: Any, other: Any) -> tuple[str | int, ...] | None:
    """Return the keys and positions that lead to where two values differ; None if nowhere."""
    pairs: Iterable[tuple[str | int, Any, Any]]
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = ((it, one.get(it, _ABSENT), other.get(it, _ABSENT)) for it in (*one, *other))
    elif isinstance(one, list) and isinstance(other, list):
        items = zip_longest(one, other, fillvalue=_ABSENT)
        pairs = ((at, *both) for at, both in enumerate(items))
    else:
        return None if repr(one) == repr(other) else ()  # 1, 1.0, "1" and True are four values
    found = ((key, difference(mine, its)) for key, mine, its in pairs)
    return next(((key, *inner) for key, inner in found if inner is not None), None)


def _differing(content: str, keys: Sequence[str | int], *, aliases: bool) -> Unreadable:
    """Return that two readers differ, and where."""
    from mreg.annotations import nodes

    node, start = nodes.compose(content, aliases=aliases, limits=OF_A_CHECK).root, 0
    for key in keys:
        pair = node.get(str(key)) if node else None
        if pair is None:  # only the fast reader has it, or it is in a list
            break
        node, start = pair[1], pair[0].start
    place = ".".join(map(str, keys))
    return Unreadable(
        "MA016",
        f"mreg's own reader of YAML and ruamel.yaml read {place} differently",
        start,
        hint="put quotes around what is there; and report it, since this is a bug in mreg",
    )
