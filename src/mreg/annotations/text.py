"""From a file's bytes to text that is safe to parse: the first gate, before any parser runs."""

from __future__ import annotations

import re

from mreg.tuples import NamedTuple

MAX_BYTES = 1 << 20
"""The largest file that is read, of those that are no annotations."""

MAX_ANNOTATIONS = 1 << 26
"""The largest file of annotations: half a million entries. It bounds the memory that they take."""

MAX_DEPTH = 20
"""How deep a file's mappings and lists may nest."""


class Limits(NamedTuple):
    """How much the full parser reads, which takes some 20 µs for a value and 1 µs for a character.

    Keys are values, too.
    """

    values: int
    characters: int


LIMITS = Limits(25_000, 1 << 19)
"""How much of an entry, or of a file that is not cut into entries, if nothing else can read it."""

OF_PLACES = Limits(50_000, MAX_BYTES)
"""How much to find the places of what is wrong in what was read."""

OF_A_CHECK = Limits(100_000, MAX_BYTES)
"""How much to check what was read of that on which a gate depends."""

OF_A_FILE = Limits(1_000_000, MAX_ANNOTATIONS)
"""How much of all the entries of a file that nothing else can read: half a minute."""

BOM = "\ufeff"

# YAML 1.2.2, section 5.1, the other way round: what a stream may not hold. (As the set of what it
# may hold, the pattern takes 5 ms to compile.)
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"

_PRINTABLE = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
"""Those of ASCII that it may hold: to look for others is ten times as fast as in any text."""


class Unreadable(ValueError):
    """A file that cannot be read at all; nothing behind the fault is looked at.

    Attributes:
        code: the code of the finding (`mreg.annotations.findings.CODES`).
        offset: where, in characters from the start of the text.
        hint: what to do about it; may be empty.
    """

    def __init__(self, code: str, message: str, offset: int = 0, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset
        self.hint = hint

    def below(self, start: int) -> Unreadable:
        """Return the same of a text that begins further down in its file."""
        return Unreadable(self.code, self.message, start + self.offset, hint=self.hint)


def decode(raw: bytes, limit: int = MAX_BYTES) -> str:
    """Return the text of a file, without a byte order mark, and with line feeds as line ends.

    Raises:
        Unreadable: it is too large, not UTF-8, or holds characters that YAML does not allow.
    """
    if len(raw) > limit:
        hint = "keep data out of annotations: write the path of its file instead"
        raise Unreadable("MA001", f"the file is larger than {limit >> 20} MiB", hint=hint)
    try:
        text = shown(raw, errors="strict")
    except UnicodeDecodeError as error:
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        offset = len(shown(raw[: error.start]))
        raise Unreadable("MA002", message, offset, hint="save the file as UTF-8") from None
    plain = raw.isascii() and not raw.translate(None, _PRINTABLE)  # as nearly all files are
    if not plain and (found := re.search(_UNPRINTABLE, text)):
        message = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        raise Unreadable("MA003", message, found.start())
    return text


def shown(raw: bytes, errors: str = "replace") -> str:
    """Return the text of a file as findings show it: without a mark, and with plain line feeds."""
    return raw.decode("utf-8", errors).removeprefix(BOM).replace("\r\n", "\n")


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return where an offset is, both counted from 1; a line ends at its line feed."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1
