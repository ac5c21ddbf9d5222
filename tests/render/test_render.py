"""From values to text, JSON and HTML; whatever the text in them."""

from __future__ import annotations

import csv as csv_parser
import io
import json as parser
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any, NamedTuple

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mreg.render import csv, escape, html, json, markdown, terminal, text
from mreg.render.cell import Cell
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


class Page(HTMLParser):
    """What GitHub's own parser makes of Markdown.

    Attributes:
        pieces: the texts, as they stand between tags and comments: in each by itself GitHub looks
            for mentions.
        cells: the cells' texts.
        links: how many links there are.
        tags: the kinds of element.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.cells: list[str] = []
        self.links = 0
        self.tags: set[str] = set()
        self._inside = False
        options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
        self.feed(cmarkgfm.github_flavored_markdown_to_html(source, options=options))
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.links += tag == "a"
        if tag in ("td", "th"):
            self.cells.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
        if self._inside:
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip()


TRICKS = [
    "<script>alert(1)</script>",
    "<!-- a",
    "-->",
    "a | b \\| c \\\\| d",
    "`code`",
    "``",
    "**bold** _it_ ~~gone~~",
    "[text](https://example.com) ![x](y) [^1]",
    "https://example.com www.example.com ftp://a.b",
    "churn@v1.0.0 ann@example.com mailto:ann@example.com",
    "&lt; &#35; &amp;",
    "$x$",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "---",
    "===",
    "> quote",
    "a\nb\r\n\n- c",
    "\\",
    "    code",
    "-0.5",
    "2026-03-05 11:05",
]
MARKUP = st.lists(
    st.sampled_from([*"\\`*_[](){}~<>&|$@#!:.+-=1/ a\n", "www.", "http", "GH-1", "<!--", "-->"])
).map("".join)


def one_line(raw: str) -> str:
    """Return a text as HTML shows it: runs of spaces are one."""
    return " ".join(escape.line(raw).split())


class TestMarkdown:
    def test_a_table(self) -> None:
        assert markdown.table(TABLE) == (
            "| name | latest | #prod |\n"
            "| --- | --- | --- |\n"
            "| churn | v1.10.100 | v1.9.0 |\n"
            "| models:nlp/sentiment | v1.0.0-rc.1 | - |\n"
        ).replace("#prod", "#<!-- -->prod").replace("| - |", "| \\- |")

    def test_a_tag_is_code(self) -> None:
        """Nobody is called and no issue is named in code, and the source stays readable."""
        tag = Cell.of("churn#prod#3 (rollback)", kind="tag", whole="churn#prod#3")
        odd = Cell.of("a`b", kind="tag", whole="a`b")
        version = Cell.of("v1.0.0", kind="tag", whole="churn@v1.0.0")
        assert markdown.table(Table(("tag",), [(tag,), (odd,), (version,)])).splitlines()[2:] == [
            "| `churn#prod#3` (rollback) |",
            "| a\\`b |",
            "| v1.0.0 |",
        ]

    def test_without_rows(self) -> None:
        assert markdown.table(TABLE._replace(rows=[])) == "Nothing here.\n"

    @pytest.mark.parametrize("raw", TRICKS)
    def test_a_cell_shows_its_text_and_nothing_else(self, raw: str) -> None:
        page = Page(markdown.table(Table(("a", raw), [(raw, "b"), ("c", raw)])))
        assert [" ".join(it.split()) for it in page.cells] == [
            *("a", one_line(raw)),
            *(one_line(raw), "b"),
            *("c", one_line(raw)),
        ]
        assert page.tags - {"span"} == {"table", "thead", "tbody", "tr", "th", "td"}

    @pytest.mark.parametrize("raw", TRICKS)
    @pytest.mark.parametrize("before", ["", "- ", "# ", "text "])
    def test_so_does_a_line(self, raw: str, before: str) -> None:
        page = Page(f"{before}{markdown.inline(raw)}\n")
        assert " ".join(page.text.split()).removeprefix("text ") == one_line(raw)
        assert page.tags <= {"p", "ul", "li", "h1", "span"}

    @given(MARKUP)
    def test_whatever_the_text_it_is_one_cell_and_no_link(self, raw: str) -> None:
        page = Page(markdown.table(Table(("a",), [(raw,)])))
        assert [" ".join(it.split()) for it in page.cells] == ["a", one_line(raw)]
        assert page.links == 0

    @pytest.mark.parametrize(
        "raw", ["@ann", "(@ann)", "#12", "see owner/name#12", "GH-12", "gh-12", ":smile:", ":+1:"]
    )
    def test_nobody_is_called_and_no_issue_is_linked(self, raw: str) -> None:
        assert all(raw.strip("()") not in piece for piece in Page(markdown.inline(raw)).pieces)

    @pytest.mark.parametrize(("raw", "shown"), HOSTILE)
    def test_control_characters_are_spelt_out(self, raw: str, shown: str) -> None:
        assert Page(markdown.inline(raw)).text == shown


class TestCsv:
    def test_a_table(self) -> None:
        assert csv.table(TABLE) == (
            "name,latest,#prod\r\nchurn,v1.10.100,v1.9.0\r\nmodels:nlp/sentiment,v1.0.0-rc.1,-\r\n"
        )

    def test_without_rows_there_is_the_header(self) -> None:
        assert csv.table(TABLE._replace(rows=[])) == "name,latest,#prod\r\n"

    @pytest.mark.parametrize(
        ("raw", "cell"), [('say "x"', '"say ""x"""'), ("a,b", '"a,b"'), ("a\nb", "a\\nb")]
    )
    def test_cells_are_quoted_as_in_rfc_4180(self, raw: str, cell: str) -> None:
        assert csv.table(Table(("a", "b"), [(raw, "c")])) == f"a,b\r\n{cell},c\r\n"

    @pytest.mark.parametrize(
        "raw", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", '=HYPERLINK("x")', "\uff1d1+1", "--1"]
    )
    def test_what_a_spreadsheet_would_compute_stays_text(self, raw: str) -> None:
        rows = list(csv_parser.reader(io.StringIO(csv.table(Table(("a",), [(raw,)])))))
        assert rows[1] == [f"'{raw}"]

    @pytest.mark.parametrize("raw", ["-0.5", "+1", "-1e-05", "-.5", "-", "-inf", "0", "a=b"])
    def test_numbers_and_other_texts_stay(self, raw: str) -> None:
        assert csv.table(Table(("a",), [(raw,)])) == f"a\r\n{raw}\r\n"

    @given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
    def test_what_was_written_reads_back(self, rows: list[tuple[str, ...]]) -> None:
        found = list(csv_parser.reader(io.StringIO(csv.table(Table(("a", "b"), rows)))))
        assert found[0] == ["a", "b"]
        plain = [tuple(cell.removeprefix("'") for cell in row) for row in found[1:]]
        assert plain == [tuple(escape.line(it).removeprefix("'") for it in row) for row in rows]


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


def shown(content: Table, width: int) -> str:
    """Return what a terminal of some width shows of a table."""
    sink = io.StringIO()
    screen = Console(
        file=sink, width=width, force_terminal=True, color_system=None, markup=False, emoji=False
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(terminal, "console", lambda _: screen)
        terminal.show(content)
    return sink.getvalue()


class TestTerminal:
    WIDE = Table(
        ("name", *(f"#stage-{number}" for number in range(12))),
        [("churn", *(f"v1.{number}.100" for number in range(11)), "-")],
    )

    def test_a_table_that_fits_is_a_grid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = shown(TABLE, 80)
        assert "models:nlp/sentiment" in found
        assert found.splitlines()[0].split() == ["name", "latest", "#prod"]

    def test_one_that_does_not_fit_is_a_block_a_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = shown(self.WIDE, 80)
        assert found.splitlines()[0] == "churn"
        assert "#stage-10  v1.10.100" in found
        assert "#stage-11" not in found

    @pytest.mark.parametrize("width", [30, 39, 40, 41, 42, 60, 80, 200])
    def test_no_version_is_cut_at_any_width(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for content in (TABLE, self.WIDE):
            found = shown(content, width)
            for cell in (cell for row in content.rows for cell in row[1:]):
                assert cell == "-" or cell in found

    def test_a_message_is_broken_over_lines_instead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = Table(
            ("version", "message"), [("v1.0.0", "word " * 40)], wraps=frozenset(["message"])
        )
        found = shown(content, 60)
        assert found.count("word") == 40
        assert max(map(len, found.splitlines())) <= 60

    @pytest.mark.parametrize("width", range(79, 100))
    def test_what_is_broken_is_neither_cut_nor_broken_within_a_stage(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stages = ["canary,", "(production-eu),", "(staging-eu)"]
        author, message = "Release Manager", ["Registered", "with", "many", "words"]
        content = Table(
            ("version", "stages", "date", "author", "commit", "message"),
            [("v1.0.0", " ".join(stages), "11 seconds ago", author, "215100d", " ".join(message))],
            wraps=frozenset(["stages", "author", "message"]),
            gives_way=("commit", "author", "message"),
            words=frozenset(["stages"]),
        )
        found = shown(content, width)
        assert max(map(len, found.splitlines())) <= width
        assert {*stages, *message, *author.split()} <= {*found.split()}

    def test_what_gives_way_is_broken_before_what_does_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = Table(
            ("version", "stages", "message"),
            [("v1.0.0", "(prod), (staging)", "Sepals and petals")],
            wraps=frozenset(["stages", "message"]),
            gives_way=("message",),
        )
        assert "(prod), (staging)" in shown(content, 42)

    PEOPLE = Table(
        ("version", "approved by", "waits for"),
        [("v1.0.0", f"{'a' * 20}, {'b' * 20}", f"promotion by {'c' * 26}")] * 3,
        wraps=frozenset(("approved by", "waits for")),
        words=frozenset(("approved by", "waits for")),
        gives_way=("approved by",),
    )

    @pytest.mark.parametrize("width", [72, 80, 88])
    def test_a_column_is_no_wider_than_its_broken_text(self, width: int) -> None:
        """Else a gap stands between two columns, and the other one is broken for nothing."""
        header, rule, *lines = shown(self.PEOPLE, width).splitlines()
        assert len(rule.rstrip()) <= width
        begin, end = header.index("approved by"), header.index("waits for")
        assert max(len(it[begin:end].rstrip()) for it in lines) == end - begin - 2

    def test_what_needs_little_more_room_is_not_broken(self) -> None:
        rows: list[tuple[str, ...]] = [
            (f"v1.{it}.0", "(prod), (staging)", "Baseline: logistic regression") for it in "123"
        ]
        content = Table(
            ("version", "stages", "message"), rows, wraps=frozenset(("stages", "message"))
        )
        assert len(shown(content, 47).splitlines()) == 2 + 2 * 3
        assert shown(content, 47).count("(prod), (staging)") == 3

    def test_a_column_that_gave_way_comes_back_if_there_is_room(self) -> None:
        content = Table(
            ("tag", "version", "approved by"), [("t" * 20, "v1.0.0", "p" * 40)],
            gives_way=("version", "approved by"),
        )  # fmt: skip
        assert shown(content, 40).split()[:2] == ["tag", "version"]
        assert "approved by" not in shown(content, 40)

    @pytest.mark.parametrize("width", [5, 80])
    def test_hostile_text_is_spelt_out_and_markup_is_text(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = Table(("a\x1b[0m",), [("[bold]x[/] :smile: \x1b]0;title\x07",)])
        found = shown(content, 80)
        assert "\x1b" not in found
        assert r"[bold]x[/] :smile: \x1b]0;title\x07" in found
