"""What pages are made of: names of files, dates, axes, texts without addresses, cards."""

from __future__ import annotations

import gzip
import string
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.core.queries import Record
from mreg.core.tenures import Ending
from mreg.web import card, dates, names, redact, site, words
from mreg.web.axis import TimeAxis
from mreg.web.compare_data import runs

NAME = st.text(string.ascii_letters + string.digits + "_/-:.=éß~ ", min_size=1, max_size=12)


class TestNamesOfFiles:
    @given(NAME, NAME)
    def test_no_two_names_have_the_same_file(self, first: str, second: str) -> None:
        assert (names.file_name(first) == names.file_name(second)) is (first == second)

    @given(NAME)
    def test_they_are_lower_case_and_plain(self, name: str) -> None:
        found = names.file_name(name)
        assert set(found) <= set(string.ascii_lowercase + string.digits + "-_~")
        assert not found.startswith(("-", "."))

    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("churn", "churn"),
            ("fraud_card-2", "fraud_card-2"),
            ("Churn", "~churn"),
            ("team/churn", "team~047churn"),
            ("a:b", "a~058b"),
            ("-x", "~045x"),
            ("con", "~099on"),
            ("..", "~046~046"),
        ],
    )
    def test_some(self, name: str, file: str) -> None:
        assert names.file_name(name) == file

    def test_long_ones_are_cut_and_told_apart(self) -> None:
        long = ["A" * 200, "A" * 199 + "b", "a" * 200]
        found = {names.file_name(it) for it in long}
        assert len(found) == 3
        assert max(map(len, found)) < 130

    def test_links_are_relative(self) -> None:
        here = "m/risk/churn/index.html"
        assert names.relative("a/style.css", here) == "../../../a/style.css"
        assert (
            names.relative("m/risk/fraud/index.html#v1.0.0", here) == "../fraud/index.html#v1.0.0"
        )
        assert names.relative("index.html", "index.html") == "index.html"

    def test_repositories_of_one_name_are_told_apart(self) -> None:
        assert names.unique(["models", "models", "", "models-2"]) == [
            "models",
            "models-2",
            "registry",
            "models-2-2",
        ]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("rolled back", "rolled back from prod"),
        ("returned", "replaced by an earlier version in prod"),
        ("demoted", "demoted from prod"),
        ("deregistered", "deregistered while in prod"),
    ],
)
def test_how_a_version_was_pulled_out(ending: Ending, said: str) -> None:
    assert words.pulled_from(ending, "prod") == said
    assert said.startswith(words.pulled(ending))


class TestDates:
    def test_they_are_in_utc(self) -> None:
        when = datetime.fromisoformat("2026-06-05T01:30:10+02:00")
        assert dates.day(when) == "4 Jun 2026"
        assert dates.minute(when) == "4 Jun 2026, 23:30 UTC"
        assert dates.stamp(when) == "2026-06-04T23:30:10Z"

    @pytest.mark.parametrize(
        ("span", "words"),
        [
            ({"days": 4, "hours": 3}, "4 days"),
            ({"hours": 1}, "1 hour"),
            ({"seconds": -5}, "less than a minute"),
        ],
    )
    def test_how_long_something_lasted(self, span: dict[str, int], words: str) -> None:
        assert dates.lasting(timedelta(**span)) == words


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestAxes:
    @pytest.mark.parametrize(
        ("first", "last", "labels"),
        [
            ("2026-03-02T10", "2026-03-08T08", ["3 Mar", "4 Mar", "5 Mar", "6 Mar", "7 Mar"]),
            ("2026-01-08", "2026-06-05", ["Feb", "Mar", "Apr", "May"]),
            ("2025-11-22", "2026-04-21", ["Dec 2025", "Jan 2026", "Feb", "Mar", "Apr"]),
            ("2026-03-02T10", "2026-03-02T15", ["10:00 ", "12:00"]),
        ],
    )
    def test_round_moments_are_marked(self, first: str, last: str, labels: list[str]) -> None:
        found = [it.label for it in TimeAxis.of([at(first), at(last)]).marks()]
        assert len(found) <= 8
        assert {it.strip() for it in labels[1:]} <= set(found)

    @given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
    def test_any_two_moments_make_one(self, first: datetime, last: datetime) -> None:
        axis = TimeAxis.of([first, last])
        assert 0 <= axis.share(min(first, last)) < axis.share(max(first, last)) or first == last
        assert len(axis.marks()) < 12


class TestAddresses:
    @pytest.mark.parametrize(
        ("said", "left"),
        [
            ("Ann <ann@example.com> did it", "Ann did it"),
            ("ask ann.b+x@mail.example.co.uk", "ask ann.b+x"),
            ("mreg approve churn@v1.2.0 prod", "mreg approve churn@v1.2.0 prod"),
            ("churn@v1.0.0-rc.beta", "churn@v1.0.0-rc.beta"),
            ("a @ b", "a @ b"),
        ],
    )
    def test_they_are_left_out(self, said: str, left: str) -> None:
        assert redact.text(said) == left

    def test_however_deep_they_are(self) -> None:
        found = Record(
            "register",
            "churn",
            "v1.0.0",
            None,
            "churn@v1.0.0",
            "c" * 40,
            datetime.now(UTC),
            "Ann",
            "ann@example.com",
            "for bob@example.com",
            "o" * 40,
            {"By": "c@example.com"},
        )
        safe = redact.values({"events": [found]})["events"][0]
        assert (safe.author_email, safe.message, safe.trailers) == ("", "for bob", {"By": "c"})
        assert safe.tag == found.tag


CARDS = {
    "**bold** and *soft*": "<p><strong>bold</strong> and <em>soft</em></p>",
    "<b onclick='x'>hi</b>": "&lt;b onclick=&#x27;x&#x27;&gt;hi&lt;/b&gt;",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x](javascript:alert(1))": "[x](javascript:alert(1))",
    "[x](https://example.com)": '<a href="https://example.com" rel="noopener nofollow">x</a>',
    "[x](other.md)": '<a rel="noopener nofollow">x</a>',
    "![see](https://example.com/x.png)": '<span class="dim">[image: see]</span>',
    "```\n<b>\n```": "<code>&lt;b&gt;\n</code>",
    "# One\n": "<h3>One</h3>",
    "| a |\n| --- |\n| <i> |": "<td>&lt;i&gt;</td>",
    "---\nlicense: mit\n---\nrest": "<p>rest</p>",
    "&lt;script&gt;": "<p>&lt;script&gt;</p>",
}


class TestCards:
    @pytest.mark.parametrize(("said", "made"), CARDS.items())
    def test_markdown_and_nothing_else(self, said: str, made: str) -> None:
        assert made in card.render(said)

    def test_the_name_is_not_said_twice(self) -> None:
        assert card.render("# churn\n\ntext", "churn") == '<div class="card"><p>text</p>\n</div>\n'

    def test_a_long_one_is_cut(self) -> None:
        assert "and more in the file" in card.render("word " * 20_000)

    @pytest.mark.parametrize("said", ["> " * 5000 + "x", "[" * 5000, "*" * 5000, "- " * 3000])
    def test_what_nests_deep_ends(self, said: str) -> None:
        assert card.render(said)


class TestColumns:
    @given(st.lists(st.none() | st.sampled_from("abc")))
    def test_a_column_is_written_where_it_changes(self, values: list[str | None]) -> None:
        found = runs(values)
        read = [
            next((it for at, it in reversed(found) if at <= n), None) for n in range(len(values))
        ]
        assert read == values
        assert len(found) <= len(values)


class TestAssets:
    TEXTS = sorted(it for it in site.ASSETS if it.endswith((".js", ".css")))

    @pytest.mark.parametrize("name", TEXTS)
    def test_lines_can_be_shortened_one_by_one(self, name: str) -> None:
        raw = resources.files("mreg.web").joinpath("assets", name).read_text("utf-8")
        for line in raw.splitlines():
            assert line.count("`") % 2 == 0, line
            assert not line.endswith("\\"), line
            if name.endswith(".css"):
                assert line.count("/*") == line.count("*/") <= 1, line
                assert "/*" not in line or line.strip().startswith("/*"), line
                assert "/*" not in line or line.strip().endswith("*/"), line
                assert not any(set("{};,:") & set(it) for it in line.split('"')[1::2]), line
            else:
                assert not line.strip().startswith("/*"), line
        assert len(site.asset(name)) < len(raw.encode())

    @pytest.mark.parametrize(
        ("own", "most"),
        [
            ("dashboard.js dashboard.css", 12_000),
            ("model.js model.css plots.css", 12_000),
            ("compare.js compare.css", 12_000),
            ("compare.js compare.css plots.js plots.css", 14_300),  # of models that have plots
            ("lists.css", 12_000),
        ],
    )
    def test_what_a_page_loads_is_small(self, own: str, most: int) -> None:
        raw = [site.asset(it) for it in ("style.css", "mreg.js", *own.split())]
        assert sum(map(len, raw)) <= 40_000
        assert sum(len(gzip.compress(it, mtime=0)) for it in raw) <= most
