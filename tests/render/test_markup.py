"""The one door by which text comes into a page: none gets in as an element, link or handler."""

from __future__ import annotations

import ast
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.render import markup as h
from mreg.render.markup import Markup
from source import modules


class Read(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


class TestText:
    @given(st.text(st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029")))
    def test_any_text_reads_back_as_itself(self, text: str) -> None:
        found = Read(h.div(text, title=text))
        assert found.elements == [("div", {"title": text})]
        assert found.text.removesuffix("\n") == text

    def test_what_is_markup_stands_as_it_is(self) -> None:
        assert h.p("1 < 2 ", h.b("&"), None, ["a", 3]) == "<p>1 &lt; 2 <b>&amp;</b>a3</p>\n"

    def test_markup_in_a_text_is_text(self) -> None:
        assert Read(h.p(f"{h.b('x')}")).elements == [("p", {})]
        assert Read(h.p(h.b("x") + "<i>")).text == "<b>x</b><i>\n"

    def test_characters_that_turn_text_round_are_seen(self) -> None:
        assert h.span("a\u202eb\x1b\ud800") == r"<span>a\u202eb\x1b\ud800</span>"
        assert h.span(title="\u202e") == r'<span title="\u202e"></span>'

    def test_texts_are_joined_as_texts(self) -> None:
        assert h.joined(", ", ["<", h.b("x")]) == "&lt;, <b>x</b>"
        assert h.fragment("<", h.b("x")) == "&lt;<b>x</b>"


class TestTemplates:
    MADE = staticmethod(
        h.template(h.tr(h.td(h.a(h.SLOT, href=h.ANCHOR)), h.td(h.SLOT, class_=h.VALUE)))
    )

    @given(st.text(st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029")))
    def test_what_fills_a_slot_is_text(self, text: str) -> None:
        found = Read(self.MADE(text, text, text, text))
        link, cell = found.elements[2], found.elements[3]
        assert [it for it, _ in found.elements] == ["tr", "td", "a", "td"]
        assert link == ("a", {"href": f"#{text}"})
        assert cell == ("td", {"class": text})
        assert found.text.removesuffix("\n") == text + text

    def test_markup_stands_as_it_is_and_in_an_attribute_is_text(self) -> None:
        found = self.MADE("v1", h.b("v1"), "num", ["1 < ", h.b("2"), None])
        cells = '<tr><td><a href="#v1"><b>v1</b></a><td class="num">1 &lt; <b>2</b></tr>\n'
        assert found == cells
        assert Read(self.MADE("", "", h.b('"'), "")).elements[3] == (
            "td",
            {"class": "<b>&quot;</b>"},
        )

    def test_there_is_one_content_for_each_slot(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            self.MADE("too few")

    def test_no_text_is_a_slot(self) -> None:
        assert h.template(h.p("a\0b\1"))() == "<p>a\\x00b\\x01</p>\n"

    def test_a_link_may_not_be_filled_in(self) -> None:
        assert h.template(h.a("x", href=h.VALUE))() == "<a>x</a>"


LINKS = {
    "https://example.com/a?b=c#d": True,
    "HTTP://example.com": True,
    "mailto:ann@example.com": True,
    "../m/risk/churn/index.html#v1.0.0": True,
    "index.html?a:b": True,
    "javascript:alert(1)": False,
    "JaVaScRiPt:alert(1)": False,
    "java\tscript:alert(1)": False,
    " javascript:alert(1)": False,
    "\x01javascript:alert(1)": False,
    "data:text/html,x": False,
    "vbscript:x": False,
    "file:///etc/passwd": False,
    "//example.com": False,
    "\\\\example.com": False,
    "/\\example.com": False,
    "a:b": False,
    "": False,
}


class TestAttributes:
    @pytest.mark.parametrize(("url", "fine"), LINKS.items())
    def test_links_lead_where_they_may_or_nowhere(self, url: str, fine: bool) -> None:
        [(_, attributes)] = Read(h.a("x", href=url)).elements
        assert attributes == ({"href": url} if fine else {})

    def test_some_are_left_out_and_some_say_no_more_than_their_name(self) -> None:
        found = h.tag("input", type="radio", checked=True, disabled=False, class_=None)
        assert found == '<input type="radio" checked="">'

    @pytest.mark.parametrize("name", ["style", "onclick", "onClick", "a b", "a=b", "1", ""])
    def test_none_holds_a_style_or_a_script(self, name: str) -> None:
        with pytest.raises(ValueError, match="no attribute"):
            h.tag("p", **{name: "x"})

    @pytest.mark.parametrize(("name", "content"), [("style", ""), ("script", "x"), ("b><i", "")])
    def test_no_element_does_either(self, name: str, content: str) -> None:
        with pytest.raises(ValueError, match=r"no|not"):
            h.tag(name, *filter(None, [content]))

    def test_coordinates_are_short_and_finite(self) -> None:
        assert [h.number(it) for it in (1.0, 0.126, -0.001, 1e3)] == ["1", "0.13", "0", "1000"]
        assert (
            h.rect(x=0.5, width=2, viewBox="0 0 1 1")
            == '<rect x="0.5" width="2" viewBox="0 0 1 1"/>'
        )
        for value in (float("nan"), float("inf")):
            with pytest.raises(ValueError, match="not a coordinate"):
                h.number(value)


def test_no_other_module_makes_markup_out_of_a_text() -> None:
    for name, tree in modules().items():
        calls = (it.func for it in ast.walk(tree) if isinstance(it, ast.Call))
        called = {getattr(it, "id", getattr(it, "attr", "")) for it in calls}
        assert "Markup" not in called or name == "mreg.render.markup", name
    assert isinstance(h.p(), Markup)
