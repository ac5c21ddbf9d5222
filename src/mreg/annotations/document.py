"""A file's bytes as a mapping of names to values: the reading that `mreg show` waits for.

A plain text is read by `plain`, fast; any other by `nodes`, whole. Where a gate or the bytes that
`get` hands out depend on it, both read it, and have to agree.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mreg.annotations import entries, plain, text
from mreg.annotations.entries import EntryReader, Pieces
from mreg.annotations.text import LIMITS, OF_A_CHECK, Limits, Unreadable

if TYPE_CHECKING:
    from mreg.annotations.nodes import Twin

_FORM = 3
"""The form in which readings are kept; and the rules by which texts are read, as a number."""


LARGE = 1 << 18
"""Of a text of more bytes, that it is made of its entries is looked up: that is quicker."""

_MANY = 10_000
"""Of a file of more entries, those that are read one after the other are not kept."""


_Read = TypeVar("_Read", bound=Mapping[str, Any])


class ReadingCache(Protocol):
    """What the full parser read before, of whichever files, such as `mreg.git.readings`."""

    def get(self, key: str) -> str | None:
        """Return what is kept under a key; None if nothing is."""

    def put(self, key: str, reading: str) -> None:
        """Keep something under a key, if that can be done."""


class FileEntries(Mapping[str, Any]):
    """What an artifacts.yaml says of each artifact: an entry is parsed when it is asked for.

    Attributes:
        pieces: the text, and where its entries are.
    """

    def __init__(self, pieces: Pieces, reader: YamlReader) -> None:
        self.pieces = pieces
        self._reader = reader

    def __getitem__(self, key: str) -> Any:
        """Return an entry's value.

        Raises:
            KeyError: there is no such entry.
            Unreadable: two readers differ about it.
        """
        start = self.pieces.find(key)
        if start is None:
            raise KeyError(key)
        return self._reader.entry(key, self.pieces.at(start), start)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.pieces.find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return self.pieces.keys

    def __len__(self) -> int:
        return len(self.pieces.texts)

    def items(self) -> ItemsView[str, Any]:
        """Return a view of the keys and values, which are parsed one after the other."""
        return _Items(self)

    def each(self) -> Iterator[tuple[str, Any]]:
        """Iterate over the keys and values; of a large file, nothing stays."""
        keep, pieces = len(self) <= _MANY, self.pieces
        for key, piece, start in zip(pieces.keys, pieces.texts, pieces.starts, strict=True):
            yield key, self._reader.entry(key, piece, start, keep=keep)


class _Items(ItemsView[str, Any]):
    """A view of the entries of a file."""

    def __init__(self, entries: FileEntries) -> None:
        super().__init__(entries)
        self._entries = entries

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self._entries.each()


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
        self._cut = EntryReader(aliases=aliases)

    def load(self, raw: bytes, limit: int = text.MAX_BYTES) -> dict[str, Any]:
        """Return the mapping that a file of so many bytes at most holds; an empty one holds none.

        What is returned is shared between calls: it must not be changed.

        Raises:
            Unreadable: it is no mapping, it cannot be read, or two readers differ about it.
        """
        content = text.decode(raw, limit)
        fast = self._fast(content)
        if fast is not None and not self._checked:
            return fast
        full = self._full(content, LIMITS if fast is None else OF_A_CHECK)
        if fast is not None and (keys := difference(fast, full)) is not None:
            raise _differing(content, keys, aliases=self._aliases)
        return full

    def entries(self, raw: bytes) -> Mapping[str, Any]:
        """Return what an artifacts.yaml holds: `FileEntries` where it can be cut into entries.

        What is returned is shared between calls: it must not be changed.

        Raises:
            Unreadable: as for `load`; but what two readers differ about is told of an entry.
        """
        content = text.decode(raw, text.MAX_ANNOTATIONS)
        pieces = entries.cut(content)
        if pieces is None:
            return self._full(content, LIMITS)
        whole = self._whole_of(pieces, raw)
        return FileEntries(pieces, self) if whole is None else whole

    def _whole_of(self, pieces: Pieces, raw: bytes) -> dict[str, Any] | None:
        """Return what a text holds that is not made of its entries; None of one that is.

        Raises:
            Unreadable: it cannot be read.
        """

        def key() -> str:  # asked for of few files only, and it takes a digest
            return self._key(raw, "entries")

        large = len(raw) > LARGE
        kept = self._kept(key()) if large else None
        if kept is not None:
            return _unpacked(kept)
        try:
            more = self._cut.more_than_plain(pieces)
            kept = self._kept(key()) if more and not large else None
            if kept is None:
                self._cut.make_sure(pieces, more)
        except Unreadable as fault:
            return self._instead(pieces.text, fault, key())
        if kept is not None:
            return _unpacked(kept)
        if large or more:
            self._keep(key(), None)
        return None

    def _instead(self, content: str, fault: Unreadable, key: str) -> dict[str, Any]:
        """Read a text that is not made of its entries; where that is too long, say why it is not.

        Raises:
            Unreadable: it cannot be read.
        """
        try:
            found = load_whole(content, aliases=self._aliases)
        except Unreadable as error:
            final = fault if error.code == "MA015" else error
            self._keep(key, final)
            raise final from None
        self._keep(key, found)
        return found

    def _kept(self, key: str) -> str | None:
        return None if self._readings is None else self._readings.get(key)

    def _keep(self, key: str, read: dict[str, Any] | Unreadable | None) -> None:
        if self._readings is not None:
            self._readings.put(key, _packed(read))

    def entry(self, key: str, piece: str, start: int, *, keep: bool = True) -> Any:
        """Return the value of the entry of a file that begins somewhere, by its text.

        Raises:
            Unreadable: two readers differ about it.
        """
        try:
            fast = self._cut.value(piece, keep=keep)
        except plain.NotPlain:
            return self._full(f"{piece}\n", LIMITS)[key]
        if self._checked:
            full = self._full(f"{piece}\n", OF_A_CHECK)
            if (keys := difference({key: fast}, full)) is not None:
                raise _differing(f"{piece}\n", keys, aliases=self._aliases).below(start)
        return fast

    def _fast(self, content: str) -> dict[str, Any] | None:
        """Return what a plain text holds; None if it has to be read by the full parser.

        Thousands of files share nearly all their entries, which are parsed once.
        """
        pieces = entries.cut(content)
        if pieces is None:
            return None
        try:
            values = list(map(self._cut.value, pieces.texts))
        except plain.NotPlain:
            return None
        found = dict(zip(pieces.keys, values, strict=True))
        return found if len(found) == len(values) else None

    def with_twins(
        self, raw: bytes, read: Callable[[bytes], _Read]
    ) -> tuple[_Read | dict[str, Any], tuple[Twin, ...]]:
        """Read one file, in which keys may stand twice: the first counts. Return those, too.

        Args:
            raw: the file's bytes.
            read: what reads it: `load`, or `entries`.

        Raises:
            Unreadable: as for `load`, but for duplicate keys, unless it is too large to go on.
        """
        from mreg.annotations import nodes

        try:
            return read(raw), ()
        except Unreadable as error:
            content = text.shown(raw)
            if error.code != "MA011" or len(content) > LIMITS.characters:
                raise
        composed = nodes.compose(content, aliases=self._aliases)
        assert composed.root is not None
        first: dict[str, Any] = composed.root.plain()
        return first, composed.twins

    def _full(self, content: str, limits: Limits) -> dict[str, Any]:
        """Read a text with the full parser, unless that was done before."""
        key = self._key(content.encode()) if self._readings else ""
        kept = self._kept(key)
        if kept is not None:
            return _unpacked(kept) or {}
        try:
            found = load_whole(content, aliases=self._aliases, limits=limits)
        except Unreadable as error:
            self._keep(key, error)
            raise
        self._keep(key, found)
        return found

    def _key(self, raw: bytes, of: str = "") -> str:
        """Return what a reading is kept under: all that it depends on, and what of it that is."""
        from mreg import __version__
        from mreg.system.digest import blake2b

        by = f"{_FORM} {__version__} {self._aliases} {of}\n".encode()
        return blake2b(by + raw, digest_size=32).hexdigest()


def load(raw: bytes, *, aliases: bool = False) -> dict[str, Any]:
    """Read one file; otherwise as `YamlReader` and `YamlReader.load`."""
    return YamlReader(aliases=aliases).load(raw)


def load_whole(content: str, *, aliases: bool = False, limits: Limits = LIMITS) -> dict[str, Any]:
    """Read a text of any form with the full parser; otherwise as `YamlReader.load`."""
    from mreg.annotations import nodes

    return nodes.mapping(content, aliases=aliases, limits=limits)[0]


def _packed(read: dict[str, Any] | Unreadable | None) -> str:
    """Return a reading as it is kept; None says of a text that it is made of its entries."""
    import json

    if isinstance(read, Unreadable):
        return json.dumps({"fault": [read.code, read.message, read.offset, read.hint]})
    return json.dumps({"value": read})


def _unpacked(kept: str) -> dict[str, Any] | None:
    """Return what was read, or raise what kept it from being read."""
    import json

    found = json.loads(kept)
    if "fault" in found:
        *where, hint = found["fault"]
        raise Unreadable(*where, hint=hint)
    value: dict[str, Any] | None = found["value"]
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
        hint="put quotes around the value, and report this bug in mreg",
    )
