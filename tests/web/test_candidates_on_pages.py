"""What could become a version, on a model's page: only where it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mreg
from branching import Step, experiment, grow, trained
from commandline import CommandLine
from mreg.web import candidates as section
from mreg.web import site
from mreg.web.folder import MARK
from repositories import Maker, Repository, Tag

PAGE = "m/repository/churn/index.html"
HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A version in prod, and two branches with something else."""
    tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1, "Go.\n\nVersion: v1.0.0")]
    made = make_repository(tags, commits=[trained("first", auc=0.8)])
    base = made.commits[0]
    grow(
        made,
        [
            Step("trying", trained("second", auc=0.9), (base,), "Ann <ann@example.com>"),
            Step(f"refs/heads/{HOSTILE}", trained("third", auc=0.7), (base,)),
            Step(experiment("brown-moth", base), trained("fourth", loss=1), (base,)),
        ],
    )
    return made


def build(repo: Repository, folder: Path, *, candidates: bool = True) -> tuple[str, ...]:
    registry = mreg.Registry.open(repo.path)
    return site.build(folder, [registry], candidates=candidates).written


def test_they_are_left_out_unless_asked_for(repo: Repository, tmp_path: Path) -> None:
    build(repo, tmp_path / "site", candidates=False)
    for file in (tmp_path / "site" / "m").rglob("*"):
        assert file.is_dir() or b"trying" not in file.read_bytes()


def test_a_model_of_which_no_tag_can_be_read_has_none_and_harms_nobody(
    repo: Repository, tmp_path: Path
) -> None:
    repo.git("tag", "spam@v1.0.0")  # it says nothing of who and when
    assert "m/repository/spam/index.html" in build(repo, tmp_path / "site")


def test_where_they_are_and_how_one_is_registered(repo: Repository, tmp_path: Path) -> None:
    build(repo, tmp_path / "site")
    page = (tmp_path / "site" / PAGE).read_text()
    assert 'id="candidates"' in page
    assert "3, newest first, compared with v1.0.0 in prod" in page
    assert 'brown-moth <span class="tag n">experiment</span>' in page
    assert '<span class="up">+0.1</span>' in page
    assert '<span class="down">-0.1</span>' in page
    tried = repo.refs()[experiment("brown-moth", repo.commits[0])]
    assert f"mreg register churn {tried[:12]}" in page
    data = json.loads((tmp_path / "site/m/repository/churn/data.json").read_text())
    found = data["candidates"]["candidates"]
    assert [it["places"][0]["name"] for it in found] == ["brown-moth", HOSTILE, "trying"]
    assert {it["author_email"] for it in found} == {""}


def test_a_hostile_name_is_text(repo: Repository, tmp_path: Path) -> None:
    build(repo, tmp_path / "site")
    page = (tmp_path / "site" / PAGE).read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nothing_is_written_until_a_branch_moves(repo: Repository, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build(repo, folder)
    assert build(repo, folder) == ()
    grow(repo, [Step("trying", {"README": b"x"}, (repo.refs()["refs/heads/trying"],))])
    assert PAGE not in build(repo, folder)
    grow(repo, [Step("later", trained("fifth", auc=0.95), (repo.commits[0],))])
    assert set(build(repo, folder)) == {PAGE, "m/repository/churn/data.json", MARK}
    assert "later" in (folder / PAGE).read_text()
    repo.git("update-ref", "-d", experiment("brown-moth", repo.commits[0]))
    build(repo, folder)
    assert "brown-moth" not in (folder / PAGE).read_text()


def test_in_steps_or_at_once_it_is_the_same(repo: Repository, tmp_path: Path) -> None:
    build(repo, tmp_path / "steps")
    grow(repo, [Step("later", trained("fifth", auc=0.95), (repo.commits[0],))])
    build(repo, tmp_path / "steps")
    build(repo, tmp_path / "once")
    first, second = ((tmp_path / it / PAGE).read_bytes() for it in ("steps", "once"))
    assert first == second


def test_it_is_bounded(repo: Repository, tmp_path: Path) -> None:
    build(repo, tmp_path / "site", candidates=False)
    before = (tmp_path / "site" / PAGE).stat().st_size
    base = (repo.commits[0],)
    steps = [Step(f"{'x' * 200}{it}", trained(str(it), auc=it), base) for it in range(60)]
    grow(repo, steps)
    build(repo, tmp_path / "site")
    page = (tmp_path / "site" / PAGE).read_text()
    assert page.count("x" * 50) == section.MOST
    assert "53 more: <code>mreg candidates churn --all</code>" in page
    assert len(page.encode()) - before < 8_000


def test_the_policy_wants_a_branch(repo: Repository, tmp_path: Path) -> None:
    policy = {".mreg.yaml": b"register: {branches: [main]}\n"}
    grow(repo, [Step("main", policy, (repo.commits[0],))])
    build(repo, tmp_path / "site")
    page = (tmp_path / "site" / PAGE).read_text()
    said = "The policy accepts registrations only from main: dvc exp branch brown-moth BRANCH"
    assert said in page


def test_by_the_command(repo: Repository, tmp_path: Path, mreg: CommandLine) -> None:
    mreg.ok("site", str(tmp_path / "site"), "--candidates", repo=repo)
    assert 'id="candidates"' in (tmp_path / "site" / PAGE).read_text()
    mreg.ok("site", str(tmp_path / "site"), repo=repo)
    assert 'id="candidates"' not in (tmp_path / "site" / PAGE).read_text()
