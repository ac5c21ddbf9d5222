"""What Git hands to hooks: a line an update."""

from __future__ import annotations

import pytest

from mreg.errors import UsageError
from mreg.governance.updates import Update, read

A, B, NONE = "a" * 40, "b" * 40, "0" * 40
TAG = "refs/tags/churn@v1.0.0"


@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
def test_what_is_received(hook: str) -> None:
    lines = f"{NONE} {A} {TAG}\n{A} {NONE} refs/heads/a b\n"
    found = [Update("", A, TAG), Update(A, "", "refs/heads/a b")]
    assert read(lines.encode(), hook) == found


def test_what_is_pushed() -> None:
    lines = f"HEAD^{{/a b}} {A} {TAG} {NONE}\n(delete) {NONE} refs/heads/x {B}\n"
    found = [Update("", A, TAG), Update(B, "", "refs/heads/x")]
    assert read(lines.encode(), "pre-push") == found


def test_ids_of_sha256_and_bytes_that_are_not_utf8() -> None:
    line = b"%s %s refs/tags/\xff" % (b"0" * 64, b"c" * 64)
    assert read(line, "pre-receive") == [Update("", "c" * 64, "refs/tags/\udcff")]


@pytest.mark.parametrize("hook", ["pre-receive", "pre-push"])
@pytest.mark.parametrize("line", ["x", f"{A} {B}", f"{A} {B} main", f"{A[1:]} {B} {TAG}", "\x00"])
def test_what_git_would_not_say_is_refused(line: str, hook: str) -> None:
    with pytest.raises(UsageError, match=f"is not valid input of a {hook} hook"):
        read(line.encode(), hook)
