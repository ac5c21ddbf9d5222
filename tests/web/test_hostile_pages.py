"""Whatever somebody pushes, a page shows as text: no element, link or script is theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mreg
from mreg.render import escape
from mreg.web import site
from parsed_pages import Parsed
from repositories import Maker, Repository, tag_bytes

EVIL = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} <%= 1 %>",
    "&lt;b&gt; &amp; ]]>",
    "\u202egnp.exe\u2066",
    "\u2028\u2029\x00\x1b[31m",
    "a" * 5000,
)


def hostile(make_repository: Maker, evil: str) -> Repository:
    said = json.dumps(evil)
    annotation = f"""\
churn:
  type: {said}
  path: model.bin
  description: {said}
  labels: [{said}]
  owner: {said}
  license: {said}
  framework: {{name: {said}, version: {said}}}
  metrics: {{{said}: 0.9, auc: .nan, huge: 1.0e+308, tiny: -1.0e+308}}
  params: {{{said}: {said}}}
  inputs: [{{path: {said}}}, {{url: {said}}}, {{artifact: "x@v1", role: {said}}}]
  schema:
    input:
      type: array
      items: {{type: object, properties: {{{said}: {{type: string, enum: [{said}]}}}}}}
    output: {{type: {said}, description: {said}}}
    methods: [{said}]
    example: {said}
  signature: {said}
  requirements: [{said}]
  custom: {{a: {said}, card: card.md}}
"""
    card = f"# {evil}\n\n{evil}\n\n[x]({evil})\n\n![y]({evil})\n\n<{evil}>\n\n```\n{evil}\n```\n"
    files = {"artifacts.yaml": annotation.encode(), "card.md": card.encode("utf-8", "replace")}
    repo = make_repository(commits=[files, files])
    message = f"{evil}\n\n{evil}\n".replace("\0", "").encode()
    who = f"{evil} <x@example.com>".translate(dict.fromkeys(map(ord, "\0\n<>"))).strip()
    for number, tag in enumerate(("churn@v1.0.0", "churn#prod#1", "churn@v2.0.0", "churn#prod#2")):
        tagger = f"{who[:200] or 'x'} <x@example.com> {1_772_000_000 + number} +0000"
        raw = tag_bytes(tag, repo.commits[number // 2], tagger=tagger, message=message)
        repo.put_tag(tag, raw)
    return repo


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_what_others_write_is_text(evil: str, make_repository: Maker, tmp_path: Path) -> None:
    repo = hostile(make_repository, evil)
    site.build(tmp_path / "site", [mreg.Registry.open(repo.path)], title=evil)
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) == 7
    for page in pages:
        found = Parsed(page.read_text())
        assert found.harm == []
        assert evil[:20].strip() in "".join(found.text) or not evil.isprintable()
    index = handed(tmp_path / "site" / "data" / "index.js", "index")
    assert index["rows"][0][0] == "churn"
    model = handed(tmp_path / "site" / "m" / "repository" / "churn" / "data.js", "model")
    assert [it[0] for it in model["versions"]] == ["v2.0.0", "v1.0.0"]
    if len(evil) < 1000:  # longer ones are no owner
        assert dict(model["about"])["owner"] == [[0, escape.line(evil[:200])]]
    for it in (tmp_path / "site").rglob("*.json"):
        json.loads(it.read_text(), parse_constant=pytest.fail)


def handed(file: Path, what: str) -> Any:
    """Return what a script hands over; it is one call, and could stand in a page."""
    script = file.read_text()
    assert script.isascii()
    assert "<" not in script
    return json.loads(script.removeprefix(f'mreg("{what}", ').removesuffix(");\n"))


NAMES = (
    "Churn",
    "churn",
    "CHURN",
    "compare",
    "stages",
    "activity",
    "data",
    "team/churn",
    "team_churn",
    "a-b",
    "a/b-c_d",
    "x" * 200,
    "con",
)


def test_names_do_not_collide(make_repository: Maker, tmp_path: Path) -> None:
    repo = make_repository()
    for name in NAMES:
        repo.put_object(b"x", "blob")
        tag = f"{name}@v1.0.0"
        raw = tag_bytes(tag, repo.commits[0])
        oid = repo.put_object(raw)
        repo.git("update-ref", f"refs/tags/{tag}", oid)
    site.build(tmp_path / "site", [mreg.Registry.open(repo.path)])
    pages = [it.parent.name for it in (tmp_path / "site" / "m").rglob("index.html")]
    assert len({it.lower() for it in pages}) == len(NAMES)
    index = json.loads((tmp_path / "site" / "data" / "index.json").read_text())
    for it in index["artifacts"]:
        page = (tmp_path / "site" / it["page"]).read_text()
        assert f"<h1>{it['name']}</h1>" in page
