"""The pipelines in docs/how-to/ci.md are those that are tested."""

from __future__ import annotations

import re

from pipeline_files import ACTION, EXAMPLES, ROOT, load

DOCUMENT = ROOT / "docs" / "how-to" / "ci.md"


def _section() -> str:
    found = re.search(r"^## Pipelines$(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.M | re.S)
    assert found
    return found[1]


def test_each_pipeline_is_part_of_the_file_that_is_named_before_it() -> None:
    pieces = re.findall(
        r"\(\.\./\.\./examples/ci/(\S+?)\)|^```(?:yaml|groovy)\n(.*?)^```$", _section(), re.M | re.S
    )
    shown = []
    named = ""
    for name, block in pieces:
        named = name or named
        if block:
            assert block in (EXAMPLES / named).read_text(), named
            shown.append(named.split("/")[0])
    assert shown == ["github", "gitlab", "bitbucket", "jenkins", "azure", "circleci", "woodpecker"]


def test_each_file_is_named() -> None:
    linked = set(re.findall(r"\(\.\./\.\./examples/ci/(\S+?)\)", _section()))
    files = {str(it.relative_to(EXAMPLES)) for it in EXAMPLES.rglob("*") if it.is_file()}
    assert linked == files


def test_each_input_of_the_action_is_explained() -> None:
    table = re.search(r"^\| input \| \|\n\| --- \| --- \|\n(.*?)\n\n", _section(), re.M | re.S)
    assert table
    assert re.findall(r"^\| `([\w-]+)` \|", table[1], re.M) == list(load(ACTION)["inputs"])
