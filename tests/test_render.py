"""From values to text, JSON and HTML; whatever the text in them."""

from __future__ import annotations

import io
import json as parser
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mreg.render import escape, html, json, terminal, text
from mreg.render.table import Table

HOSTILE = [
    ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
    ("\x07\x08\r", r"\x07\x08\r"),
    ("\x7f\x80\x9b31m", r"\x7f\x80\x9b31m"),
    ("a\u202eb\u2066c", r"a\u202eb\u2066c"),
    ("a\u200eb\u061cc", r"a\u200eb\u061cc"),
    ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
    ("\udcff", r"\udcff"),
]


class TestEscape:
    @pytest.mark.parametrize(("raw", "shown"), HOSTILE)
    def test_what_moves_the_cursor_or_turns_text_round_is_spelt_out(
        self, raw: str, shown: str
    ) -> None:
        assert escape.line(raw) == shown
        assert escape.block(raw) == shown

    def test_line_ends_and_tabs_stay_in_a_block_alone(self) -> None:
        assert escape.line("a\n\tb") == r"a\n\tb"
        assert escape.block("a\n\tb") == "a\n\tb"

    @pytest.mark.parametrize("raw", ["", "plain", "Zoë", "模型 🎉", "a\\nb", "<b>&"])
    def test_other_text_stays(self, raw: str) -> None:
        assert escape.line(raw) == raw

    @given(st.text())
    def test_whatever_the_text_it_is_one_line_that_prints(self, raw: str) -> None:
        shown = escape.line(raw)
        assert len(shown.splitlines()) <= 1
        assert not any(ord(it) < 32 or 0x7F <= ord(it) < 0xA0 for it in shown)
        shown.encode()


TABLE = Table(
    ("name", "latest", "#prod"),
    [("churn", "v1.10.100", "v1.9.0"), ("models:nlp/sentiment", "v1.0.0-rc.1", "-")],
    title="Artifacts",
    empty="Nothing here.",
)


class TestText:
    def test_columns_are_aligned_and_nothing_trails(self) -> None:
        assert text.table(TABLE) == (
            "name                  latest       #prod\n"
            "churn                 v1.10.100    v1.9.0\n"
            "models:nlp/sentiment  v1.0.0-rc.1  -\n"
        )

    def test_nothing_is_ever_cut(self) -> None:
        wide = Table(("message",), [("x" * 5000,)])
        assert "x" * 5000 in text.table(wide)

    @pytest.mark.parametrize(("raw", "shown"), [*HOSTILE, ("a\nb", r"a\nb")])
    def test_a_cell_is_one_line(self, raw: str, shown: str) -> None:
        assert text.table(Table(("a",), [(raw,)])) == f"a\n{shown}\n"


class TestHtml:
    def test_a_table(self) -> None:
        assert html.table(TABLE._replace(rows=TABLE.rows[:1])) == (
            "<table><caption>Artifacts</caption>"
            "<thead><tr><th>name</th><th>latest</th><th>#prod</th></tr></thead>"
            "<tbody><tr><td>churn</td><td>v1.10.100</td><td>v1.9.0</td></tr></tbody></table>"
        )

    def test_without_a_title(self) -> None:
        assert "caption" not in html.table(TABLE._replace(title=""))

    def test_without_rows(self) -> None:
        assert html.table(TABLE._replace(rows=[])) == "<p>Nothing here.</p>"

    def test_text_is_escaped_everywhere(self) -> None:
        bad = "<script>\"'&\x1b"
        found = html.table(Table((bad,), [(bad,)], title=bad))
        assert "<script>" not in found
        assert found.count("&lt;script&gt;&quot;&#x27;&amp;\\x1b") == 3
        assert "<script>" not in html.table(Table(("a",), [], empty=bad))


class Pair(NamedTuple):
    left: Any
    right: Any


class TestJson:
    @pytest.mark.parametrize(
        ("value", "plain"),
        [
            (Pair(1, None), {"left": 1, "right": None}),
            (Pair("a", Pair(True, 1.5)), {"left": "a", "right": {"left": True, "right": 1.5}}),
            ((1, 2), [1, 2]),
            ([Pair((), {})], [{"left": [], "right": {}}]),
            ({"a": Pair([], "x")}, {"a": {"left": [], "right": "x"}}),
            (
                datetime(2026, 3, 3, 14, 30, tzinfo=timezone(timedelta(hours=-7))),
                "2026-03-03T14:30:00-07:00",
            ),
            ("100%s {0}", "100%s {0}"),
            (Pair("%s", "%d"), {"left": "%s", "right": "%d"}),
        ],
    )
    @pytest.mark.parametrize("pretty", [False, True])
    def test_values_become_what_json_is_made_of(self, value: Any, plain: Any, pretty: bool) -> None:
        assert parser.loads(json.dumps(value, pretty=pretty)) == plain

    def test_keys_keep_their_order(self) -> None:
        assert list(parser.loads(json.dumps({"b": 1, "a": 2}))) == ["b", "a"]

    def test_it_is_indented_for_a_reader(self) -> None:
        assert json.dumps([1], pretty=True) == "[\n  1\n]"

    @pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", Pair(object(), 1)])
    def test_what_has_no_form_is_an_error(self, value: Any) -> None:
        with pytest.raises(TypeError):
            json.dumps(value)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
    def test_it_is_ascii_and_reads_back(self, value: Any) -> None:
        found = json.dumps(value)
        assert found.isascii()
        assert "\x7f" not in found
        assert parser.loads(found) == value


def shown(content: Table, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a terminal of some width shows of a table."""
    sink = io.StringIO()
    screen = Console(
        file=sink, width=width, force_terminal=True, color_system=None, markup=False, emoji=False
    )
    monkeypatch.setattr(terminal, "console", lambda: screen)
    terminal.show(content)
    return sink.getvalue()


class TestTerminal:
    WIDE = Table(
        ("name", *(f"#stage-{number}" for number in range(12))),
        [("churn", *(f"v1.{number}.100" for number in range(11)), "-")],
    )

    def test_a_table_that_fits_is_a_grid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = shown(TABLE, 80, monkeypatch)
        assert "models:nlp/sentiment" in found
        assert found.splitlines()[0].split() == ["name", "latest", "#prod"]

    def test_one_that_does_not_fit_is_a_block_a_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = shown(self.WIDE, 80, monkeypatch)
        assert found.splitlines()[0] == "churn"
        assert "#stage-10  v1.10.100" in found
        assert "#stage-11" not in found

    @pytest.mark.parametrize("width", [30, 39, 40, 41, 42, 60, 80, 200])
    def test_no_version_is_cut_at_any_width(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for content in (TABLE, self.WIDE):
            found = shown(content, width, monkeypatch)
            for cell in (cell for row in content.rows for cell in row[1:]):
                assert cell == "-" or cell in found

    def test_a_message_is_broken_over_lines_instead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = Table(
            ("version", "message"), [("v1.0.0", "word " * 40)], wraps=frozenset(["message"])
        )
        found = shown(content, 60, monkeypatch)
        assert found.count("word") == 40
        assert max(map(len, found.splitlines())) <= 60

    @pytest.mark.parametrize("width", [5, 80])
    def test_hostile_text_is_spelt_out_and_markup_is_text(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = Table(("a\x1b[0m",), [("[bold]x[/] :smile: \x1b]0;title\x07",)])
        found = shown(content, 80, monkeypatch)
        assert "\x1b" not in found
        assert r"[bold]x[/] :smile: \x1b]0;title\x07" in found
