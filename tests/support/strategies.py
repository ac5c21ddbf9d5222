"""What hypothesis draws: names, versions, tags, and texts that are almost tags."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from mreg.core.events import Action
from mreg.core.kinds import TagName

plain_names = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9_/-]{0,6}[A-Za-z0-9])?", fullmatch=True)
directories = st.from_regex(r"[A-Za-z0-9_.][A-Za-z0-9_./-]{0,6}", fullmatch=True)
artifacts = plain_names | st.builds("{}:{}".format, directories, plain_names)
numbers = st.integers(0, 30) | st.integers(0, 10**12)
identifiers = (
    numbers.map(str)
    | st.from_regex(r"[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True)
    | st.sampled_from(["alpha", "beta", "rc", "0a", "-", "--1"])
)
builds = st.from_regex(r"[0-9A-Za-z-]{1,5}", fullmatch=True)


@st.composite
def version(draw: st.DrawFn) -> str:
    text = "v" + ".".join(str(draw(numbers)) for _ in range(3))
    if prerelease := draw(st.lists(identifiers, max_size=3)):
        text += "-" + ".".join(prerelease)
    if build := draw(st.lists(builds, max_size=2)):
        text += "+" + ".".join(build)
    return text


@st.composite
def tag_name(draw: st.DrawFn) -> TagName:
    action: Action = draw(st.sampled_from(get_args(Action)))
    return TagName(
        action,
        draw(artifacts),
        draw(version()) if action in ("register", "deregister") else None,
        draw(plain_names) if action in ("promote", "demote") else None,
        draw(numbers),
    )


@st.composite
def almost_tag(draw: st.DrawFn) -> str:
    """Draw a tag's name with a few characters of it changed, or any text of such characters."""
    text = str(draw(tag_name()))
    at = draw(st.integers(0, len(text) - 1))
    changed = text[:at] + draw(st.text("a0v.-+@#!=/: ", max_size=2)) + text[at + 1 :]
    return draw(st.just(changed) | st.text("aV10.-+@#!=/_", max_size=14))
