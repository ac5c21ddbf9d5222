"""The types that `.mreg.yaml` allows, as `mreg validate` and `mreg annotate` follow them."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg.policy.conveniences import FILE, Conveniences
from mreg.worktree import init, settings
from repositories import Maker, Repository, opened


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    made = make_repository.empty()
    (made.path / "artifacts.yaml").write_text("churn:\n  type: modle\n")
    return made


def say(repository: Repository, text: str) -> None:
    (repository.path / FILE).write_text(text)


def test_validate_finds_a_type_that_is_not_in_the_list(
    repository: Repository, mreg: CommandLine
) -> None:
    assert mreg("validate", repo=repository).code == 0
    say(repository, "types: [model, dataset]\n")
    done = mreg("validate", repo=repository)
    assert done.code == 1
    assert "artifacts.yaml:2:9: MA024 'modle' is not one of the registry's types" in done.out
    assert "did you mean model?" in done.out


@pytest.mark.parametrize(
    "text", ["types: model\n", "types: []\n", "types: [1]\n", "types: [\n", "- x\n", "\0"]
)
def test_settings_that_are_wrong_are_told_of_and_stop_nothing(
    repository: Repository, mreg: CommandLine, text: str
) -> None:
    say(repository, text)
    done = mreg("validate", "artifacts.yaml", repo=repository)
    assert done.code == 0
    assert done.err.startswith("warning: ")
    assert FILE in done.err.splitlines()[0]


def test_settings_are_checked_with_all_else(repository: Repository, mreg: CommandLine) -> None:
    say(repository, "stges: [prod]\ntypes: [model]\n")
    done = mreg("validate", repo=repository)
    assert done.code == 1
    assert ".mreg.yaml:1:1: MA020 unknown field 'stges' (did you mean stages?)" in done.out
    assert "artifacts.yaml:2:9: MA024 'modle' is not one of the registry's types" in done.out
    assert done.err == "2 files checked: 2 errors.\n"


def test_gto_s_types_count_where_there_are_no_settings(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / ".gto").write_text("types: [model]\nindex: x.yaml\n")
    assert mreg("validate", repo=repository).code == 1
    say(repository, "push: false\n")
    assert mreg("validate", repo=repository).code == 0


def test_what_is_no_policy_can_be_read_though_the_policy_cannot(repository: Repository) -> None:
    say(repository, "push: true\ntypes: [model]\nstges: 3\n")
    assert settings.read(repository.opened) == Conveniences(True, frozenset(("model",)))


def test_no_repository_has_no_settings(repository: Repository, mreg: CommandLine) -> None:
    outside = repository.path.parent / "outside"
    outside.mkdir()
    (outside / "artifacts.yaml").write_text("churn:\n  type: modle\n")
    done = mreg("validate", repo=outside)
    assert "MA024" not in done.out
    assert done.err == "1 file checked: 1 warning.\n"  # that no paths were checked


def test_the_template_names_every_setting() -> None:
    known = set(Conveniences._fields) - {"complaint"}
    assert {name for name in known if f"# {name}: " in init.SETTINGS} == known


def test_a_bare_repository_has_the_settings_of_its_head(make_repository: Maker) -> None:
    made = make_repository(commits=[{FILE: b"push: true\ntypes: [model]\n"}])
    made.git("config", "core.bare", "true")
    assert settings.read(opened(made.path / ".git")) == Conveniences(True, frozenset(("model",)))


def test_a_bare_repository_without_a_commit_has_no_settings(make_repository: Maker) -> None:
    made = make_repository.empty()
    made.git("config", "core.bare", "true")
    assert settings.read(opened(made.path / ".git")) == Conveniences()


def test_a_sparse_checkout_without_them_has_the_settings_of_its_head(
    make_repository: Maker,
) -> None:
    made = make_repository(commits=[{FILE: b"push: true\n", "models/a": b"a"}])
    made.git("reset", "-q", "--hard")
    made.git("sparse-checkout", "set", "--no-cone", "/models/")
    assert not (made.path / FILE).exists()
    assert settings.read(made.opened).push


def test_settings_that_were_removed_do_not_count(make_repository: Maker) -> None:
    made = make_repository(commits=[{FILE: b"push: true\n"}])
    made.git("reset", "-q", "--hard")
    (made.path / FILE).unlink()
    assert not settings.read(made.opened).push
