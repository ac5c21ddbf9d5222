"""ruamel.yaml's scanner, with the tabs that YAML 1.2 allows between tokens and within plain texts.

A tab is white space like a blank wherever it is not indentation (YAML 1.2.2, sections 6.1 and 6.2):
before a comment, at the end of a line, behind a colon or a dash. Where it would have to be told
whether it indents, it stays an error.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.scanner import Scanner

_ENDS = "\n\0\r\x85\u2028\u2029"


class TabScanner(Scanner):
    """Takes such a tab for white space."""

    def scan_to_next_token(self) -> None:
        """Skip white space, comments and ends of lines."""
        super().scan_to_next_token()
        while not self.flow_level and self._skip_tabs():
            super().scan_to_next_token()

    def _skip_tabs(self) -> bool:
        """Skip white space that begins with a tab, if it is no indentation; tell whether it is."""
        if self.reader.peek() != "\t":
            return False
        white = self._white()
        if self.reader.peek(len(white)) not in f"{_ENDS}#":
            if self._begins_line():
                return False
            self.allow_simple_key = False  # no mapping or list begins behind a tab
        self.reader.forward(len(white))
        return True

    def _begins_line(self) -> bool:
        """Tell whether nothing but white space stands before this place in its line."""
        text, at = self.reader.buffer, self.reader.pointer
        while at and text[at - 1] in " \t":
            at -= 1
        return not at or text[at - 1] in _ENDS

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str] | None:
        """Read white space in a plain text; None where the document ends."""
        white = self._white()
        if "\t" in white:
            self.reader.forward(len(white))
            if self.reader.peek() not in _ENDS:
                return [white]
        found: list[str] | None = super().scan_plain_spaces(indent, start_mark)
        if found and self.reader.peek() == "\t" and self.reader.column >= indent:
            white = self._white()
            if self.reader.peek(len(white)) not in _ENDS:
                self.reader.forward(len(white))
        return found

    def _white(self) -> str:
        length = 0
        while self.reader.peek(length) in " \t":
            length += 1
        white: str = self.reader.prefix(length)
        return white
