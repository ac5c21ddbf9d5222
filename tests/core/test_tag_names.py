"""The names of tags: they answer from the lines of a listing as a set of them does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handmade import tag_names
from mreg.core import kinds, names

TAGS = st.lists(
    st.one_of(
        st.from_regex(
            r"(?:a=)?[abAB](?:/[abAB])?(?:@v1\.0\.[0-2]!?|#[abAB]#[1-3])", fullmatch=True
        ),
        st.text("aAbB/@#=.1ß\u017fKk\u212a\udcff", min_size=1, max_size=5),
    ),
    max_size=8,
)


@given(TAGS, TAGS, st.text("aAbB/@#=sSß\u017fKk\u212a", max_size=4))
def test_they_answer_as_a_set_does(listed: list[str], more: list[str], start: str) -> None:
    found = tag_names(listed) | more
    plain = {*listed, *more}
    assert set(found) == plain
    assert all(it in found for it in plain)
    assert (start in found) == (start in plain)
    assert set(found.beginning(start)) == {it for it in plain if it.startswith(start)}
    folded = names.fold(start)
    alike = {it for it in plain if names.fold(it).startswith(folded)}
    assert set(found.alike(start)) == alike
    said = [it for it in map(kinds.parse, plain) if it]
    assert found.artifacts() == {it.artifact for it in said}
    assert found.stages() == {
        it.stage for it in said if it.stage and kinds.KINDS[it.action].enters_stage
    }
