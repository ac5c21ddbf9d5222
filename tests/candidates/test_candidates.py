"""What could become a version: which commits count, what differs, and which one comes first."""

from __future__ import annotations

from typing import Any

import pytest

from branching import Step, experiment, grow, trained
from mreg import Registry
from mreg.candidates import read as reading
from mreg.candidates.candidate import Candidates, VersionCandidate
from mreg.errors import NotFound, UsageError
from mreg.git import process
from repositories import BOB, Maker, Repository, Tag, run

FIRST = trained("first", auc=0.8, loss=0.5)
POLICY = b"stages: {dev: {}, prod: {requires: {metrics: {auc: '>= 0.7'}}}}\n"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A registry whose only version is in prod."""
    tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1, "Go.\n\nVersion: v1.0.0")]
    return make_repository(tags, commits=[FIRST])


def found(repo: Repository, name: str = "churn", **wanted: object) -> Candidates:
    return Registry.open(repo.path).candidates(name, **wanted)  # type: ignore[arg-type]


def named(found: Candidates) -> list[str]:
    return [it.place.name for it in found.candidates]


def only(found: Candidates) -> VersionCandidate:
    (it,) = found.candidates
    return it


class TestWhichCommits:
    def test_what_nothing_differs_in_is_no_candidate(self, repo: Repository) -> None:
        grow(repo, [Step("main", {"README.md": b"x"}, (repo.commits[0],))])
        assert found(repo).candidates == ()

    def test_the_commit_that_made_it_counts_and_not_those_behind(self, repo: Repository) -> None:
        made, *_ = grow(
            repo,
            [
                Step("main", trained("second", auc=0.9), (repo.commits[0],), BOB),
                Step("main", {"README.md": b"x"}, (0,)),
            ],
        )
        it = only(found(repo))
        assert (it.commit, it.author, it.place.name) == (made, "Bob Sample", "main")
        assert it.place.ref == "refs/heads/main"

    def test_each_thing_that_differs_is_named(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("model", trained("second", auc=0.8, loss=0.5), base),
                Step("metrics", trained("first", auc=0.8, loss=0.4), base),
                Step("params", trained("first", "depth: 2", auc=0.8, loss=0.5), base),
                Step("all", trained("other", "depth: 3", auc=0.7), base),
            ],
        )
        differs = {it.place.name: it.differs for it in found(repo).candidates}
        assert differs == {
            "model": ("model",),
            "metrics": ("metrics",),
            "params": ("params",),
            "all": ("model", "metrics", "params"),
        }

    def test_what_led_to_a_version_was_passed_over(self, make_repository: Maker) -> None:
        commits = [FIRST, trained("passed over", auc=0.7), trained("third", auc=0.9)]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 2, 1)], commits=commits)
        grow(repo, [Step("old", {"x": b""}, (repo.commits[1],))])
        assert found(repo).candidates == ()

    def test_the_same_as_an_older_version_is_no_candidate(self, make_repository: Maker) -> None:
        commits = [FIRST, trained("second", auc=0.9)]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 1)], commits=commits)
        grow(repo, [Step("back", FIRST, (repo.commits[1],))])
        assert found(repo).candidates == ()

    def test_what_was_deregistered_is_no_candidate_again(self, make_repository: Maker) -> None:
        tags = [Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 1), Tag("churn@v1.1.0!", 1, 2)]
        repo = make_repository(tags, commits=[FIRST, trained("bad", auc=0.1)])
        (made,) = grow(repo, [Step("main", trained("good", auc=0.9), (repo.commits[1],))])
        it = found(repo)
        assert only(it).commit == made
        assert it.newest
        assert it.newest.version == "v1.0.0"

    def test_the_same_on_two_branches_is_one_candidate(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        _tried, squashed, _ = grow(
            repo,
            [
                Step("trying", trained("second", auc=0.9), base),
                Step("main", trained("second", auc=0.9), base),
                Step(experiment("same", base[0]), trained("second", auc=0.9), base),
            ],
        )
        it = only(found(repo))
        assert it.commit == squashed
        assert [place.name for place in it.places] == ["main", "trying", "same"]

    def test_a_merge_counts_where_it_differs_from_all_that_it_merges(
        self, repo: Repository
    ) -> None:
        base = (repo.commits[0],)
        *_, merged, plain = grow(
            repo,
            [
                Step("one", {"model.bin": b"second"}, base),
                Step("two", {"params.yaml": b"depth: 2"}, base),
                Step("main", {"params.yaml": b"depth: 2"}, (0, 1)),
                Step("also", {}, (0, 1)),
            ],
        )
        places = {it.commit: it.place.name for it in found(repo).candidates}
        assert places[merged] == "main"
        assert plain not in places
        assert len(places) == 3

    def test_branches_of_remotes_count(self, repo: Repository) -> None:
        (made,) = grow(repo, [Step("refs/remotes/origin/trying", trained("x"), (repo.commits[0],))])
        it = only(found(repo))
        assert (it.commit, it.place.name, it.place.kind) == (made, "origin/trying", "branch")

    def test_the_current_branch_is_named_before_others(self, repo: Repository) -> None:
        run(repo.path, "symbolic-ref", "HEAD", "refs/heads/zebra")
        (made,) = grow(repo, [Step("aardvark", trained("x"), (repo.commits[0],))])
        run(repo.path, "update-ref", "refs/heads/zebra", made)
        assert [it.name for it in only(found(repo)).places] == ["zebra", "aardvark"]

    def test_a_branch_that_ends_at_it_is_named_before_one_that_goes_on(
        self, repo: Repository
    ) -> None:
        run(repo.path, "symbolic-ref", "HEAD", "refs/heads/squares")
        blood, squares = grow(
            repo,
            [
                Step("blood", trained("x"), (repo.commits[0],)),
                Step("squares", trained("y"), (0,)),
            ],
        )
        places = {it.commit: [place.name for place in it.places] for it in found(repo).candidates}
        assert places == {blood: ["blood", "squares"], squares: ["squares"]}

    def test_main_is_named_before_a_branch_that_ended_there(self, repo: Repository) -> None:
        grow(
            repo,
            [
                Step("trying", trained("x"), (repo.commits[0],)),
                Step("main", {"README.md": b"x"}, (0,)),
            ],
        )
        assert [it.name for it in only(found(repo)).places] == ["main", "trying"]

    def test_some_branches_alone(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("feature/a", trained("a"), base),
                Step("refs/remotes/origin/feature/b", trained("b"), base),
                Step("other", trained("c"), base),
                Step(experiment("tried", base[0]), trained("d"), base),
            ],
        )
        assert {*named(found(repo, branches=["feature/*"]))} == {"feature/a", "origin/feature/b"}
        both = found(repo, branches=["other"], experiments=True)
        assert {*named(both)} == {"other", "tried"}
        assert found(repo, branches=["none"]).looked_at == 0

    def test_an_annotation_that_names_other_files_on_the_way(self, repo: Repository) -> None:
        moved = b"churn: {path: new.bin, metrics: [new.json]}\n"
        again = b"churn: {path: last.bin, metrics: [last.json]}\n"
        grow(
            repo,
            [
                Step("main", {"artifacts.yaml": moved, "new.bin": b"1"}, (repo.commits[0],)),
                Step("main", {"new.json": b'{"auc": 0.9}'}, (0,)),
                Step("main", {"artifacts.yaml": again, "last.json": b'{"auc": 0.7}'}, (1,)),
                Step("main", {"last.bin": b"2"}, (2,)),
            ],
        )
        metrics = [[one.after for one in it.metrics] for it in found(repo).candidates]
        assert metrics == [[0.7], [0.7], [0.9], []]

    def test_an_experiment_is_its_own_commit_alone(self, repo: Repository) -> None:
        _gone, made = grow(
            repo,
            [
                Step("refs/gone", trained("rebased away"), (repo.commits[0],)),
                Step(experiment("quick", "0" * 40), trained("made of it"), (0,)),
            ],
        )
        run(repo.path, "update-ref", "-d", "refs/gone")
        it = only(found(repo))
        assert (it.commit, it.place.kind, it.place.name) == (made, "experiment", "quick")
        assert found(repo, experiments=False).candidates == ()

    def test_what_dvc_works_with_is_no_experiment(self, repo: Repository) -> None:
        refs = ("stash", "exec/EXEC_HEAD", "celery/stash", "apply/ORIG_HEAD", "temp/ab/c")
        steps = [Step(f"refs/exps/{it}", trained(it), (repo.commits[0],)) for it in refs]
        grow(repo, steps)
        assert found(repo).candidates == ()


class TestTheModel:
    """What is kept elsewhere is told apart by what the commit knows of it."""

    @staticmethod
    def differing(make_repository: Maker, *both: dict[str, bytes]) -> VersionCandidate:
        repo = make_repository([Tag("churn@v1.0.0")], commits=[both[0]])
        grow(repo, [Step("main", both[1], (repo.commits[0],))])
        return only(found(repo))

    def test_by_the_pointer_of_dvc(self, make_repository: Maker) -> None:
        pointers = [
            b"outs: [{md5: %b, size: 5, hash: md5, path: model.bin}]\n" % (it * 32)
            for it in (b"a", b"b")
        ]
        files = [{"artifacts.yaml": b"churn: {path: model.bin}\n", "model.bin.dvc": pointers[0]}]
        it = self.differing(make_repository, files[0], {"model.bin.dvc": pointers[1]})
        assert it.differs == ("model",)
        assert it.content
        assert it.content[:3] == ("model.bin", "dvc", f"md5:{'b' * 32}")

    def test_by_its_checksum_where_it_is_elsewhere(self, make_repository: Maker) -> None:
        files = [
            {"artifacts.yaml": b"churn: {path: 's3://models/churn', sha256: %b}\n" % (it * 64)}
            for it in (b"a", b"b")
        ]
        it = self.differing(make_repository, *files)
        assert it.differs == ("model",)

    def test_a_folder_by_its_tree(self, make_repository: Maker) -> None:
        files = {"artifacts.yaml": b"churn: {path: model}\n", "model/a": b"1", "model/b": b"2"}
        it = self.differing(make_repository, files, {"model/b": b"3"})
        assert it.differs == ("model",)


class TestBeforeTheFirstVersion:
    def test_experiments_alone(self, make_repository: Maker) -> None:
        repo = make_repository(commits=[{"train.py": b""}])
        base = (repo.commits[0],)
        grow(repo, [Step(experiment(it, base[0]), trained(it), base) for it in ("a", "b")])
        it = found(repo)
        assert (named(it), it.newest, it.against) == (["b", "a"], None, None)
        assert {one.differs for one in it.candidates} == {("model", "params")}

    def test_annotated_on_a_branch_alone(self, make_repository: Maker) -> None:
        repo = make_repository(commits=[{"train.py": b""}])
        grow(repo, [Step("trying", trained("x", auc=1), (repo.commits[0],))])
        assert named(found(repo)) == ["trying"]
        assert only(found(repo)).metrics[0][:4] == ("auc", None, 1, None)

    def test_nobody_knows_the_name(self, repo: Repository) -> None:
        with pytest.raises(NotFound, match="there is no artifact 'chrun'") as error:
            found(repo, "chrun")
        assert error.value.hint == "did you mean churn?"

    def test_no_commit_yet(self, make_repository: Maker) -> None:
        with pytest.raises(NotFound, match="there is no artifact"):
            found(make_repository.empty())


class TestOrder:
    @pytest.fixture
    def three(self, repo: Repository) -> Repository:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("best", trained("a", auc=0.95, speed=1), base),
                Step("worst", trained("b", auc=0.5, speed=2), base),
                Step("lacking", trained("c", loss=0.1), base),
            ],
        )
        return repo

    def test_newest_first_without_a_policy(self, three: Repository) -> None:
        it = found(three)
        assert (named(it), it.sorted_by) == (["lacking", "worst", "best"], None)

    def test_by_the_first_metric_of_the_policy(self, three: Repository) -> None:
        grow(three, [Step("main", {".mreg.yaml": POLICY}, (three.commits[0],))])
        it = found(three)
        assert named(it) == ["best", "worst", "lacking"]
        assert (it.sorted_by, it.direction, it.metrics[0]) == ("auc", "higher", "auc")

    def test_by_a_metric_that_was_named(self, three: Repository) -> None:
        assert named(found(three, sort="loss")) == ["lacking", "worst", "best"]
        assert named(found(three, sort="speed", lower_better=["speed"]))[0] == "best"
        assert named(found(three, sort="speed", higher_better=["speed"]))[0] == "worst"
        assert found(three, sort="date").sorted_by is None

    def test_what_nobody_can_sort_by(self, three: Repository) -> None:
        with pytest.raises(UsageError, match="whether higher or lower values of speed are better"):
            found(three, sort="speed")
        with pytest.raises(NotFound, match="no candidate has the metric 'f1'"):
            found(three, sort="f1")

    def test_at_most_so_many(self, three: Repository) -> None:
        it = found(three, sort="auc", limit=1)
        assert (named(it), it.left_out) == (["best"], 2)

    def test_against_what_is_in_production(self, make_repository: Maker) -> None:
        commits = [FIRST, trained("second", auc=0.9)]
        tags = [
            Tag("churn@v1.0.0"),
            Tag("churn@v1.1.0", 1, 1),
            Tag("churn#staging#1", 1, 2),
            Tag("churn#prod#2", 0, 3),
        ]
        repo = make_repository(tags, commits=commits)
        grow(repo, [Step("main", trained("x", "depth: 2", auc=0.85), (repo.commits[1],))])
        it = found(repo)
        assert it.newest
        assert it.against
        assert (it.newest.version, it.against.version, it.stage) == ("v1.1.0", "v1.0.0", "prod")
        auc = only(it).metric("auc")
        assert auc
        assert (auc.before, auc.after, auc.delta, auc.verdict) == (0.8, 0.85, 0.05, "better")
        assert [(one.name, one.before, one.after) for one in only(it).params] == [("depth", 1, 2)]

    def test_against_a_bare_commit_that_holds_production(self, make_repository: Maker) -> None:
        commits = [FIRST, trained("second", auc=0.9)]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 1, 1)], commits=commits)
        grow(repo, [Step("main", trained("third", auc=0.95), (repo.commits[1],))])
        it = found(repo)
        assert it.against
        assert (it.against.version, it.against.commit) == (None, repo.commits[1])
        assert {one.commit: one.metrics[0].delta for one in it.candidates} == {
            only(found(repo, limit=1)).commit: 0.05
        }


class TestHostile:
    def test_one_commit_of_which_the_metrics_are_broken(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("broken", {**trained("a"), "metrics.json": b"{"}, base),
                Step("good", trained("b", auc=0.9), base),
            ],
        )
        good, broken = found(repo).candidates
        assert (good.problems, good.metric("auc") is not None) == ((), True)
        assert [it.code for it in broken.problems] == ["MR021"]
        assert broken.differs == ("model",)

    def test_one_commit_that_cannot_be_read_is_a_problem(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("broken", {"artifacts.yaml": b"churn: ["}, base),
                Step("good", trained("b", auc=0.9), base),
            ],
        )
        it = found(repo)
        assert named(it) == ["good"]
        assert [(one.code, one.subject[:6]) for one in it.problems] == [("MR020", "broken")]

    def test_a_detached_head_and_one_without_a_commit(self, repo: Repository) -> None:
        made, _ = grow(
            repo,
            [
                Step("gone", trained("x"), (repo.commits[0],)),
                Step("main", {"y": b""}, (repo.commits[0],)),
            ],
        )
        run(repo.path, "update-ref", "-d", "refs/heads/gone")
        run(repo.path, "update-ref", "--no-deref", "HEAD", repo.commits[0])
        (repo.path / ".git" / "HEAD").write_text(f"{made}\n")
        it = only(found(repo))
        assert (it.place.kind, it.place.name, it.commit) == ("head", "HEAD", made)
        run(repo.path, "symbolic-ref", "HEAD", "refs/heads/unborn")
        assert found(repo).candidates == ()

    def test_a_shallow_clone_says_so(self, repo: Repository) -> None:
        grow(repo, [Step("main", trained("x", auc=0.9), (repo.commits[0],))])
        clone = repo.path.parent / "shallow"
        run(repo.path.parent, "clone", "-q", "--depth=1", f"file://{repo.path}", str(clone))
        it = Registry.open(clone).candidates("churn")
        assert named(it) == ["main"]
        assert "shallow clone" in it.cut_off

    def test_sha256(self, make_repository: Maker) -> None:
        repo = make_repository([Tag("churn@v1.0.0")], commits=[FIRST], object_format="sha256")
        base = repo.commits[0]
        run(repo.path, "checkout", "-q", "main")
        (repo.path / "model.bin").write_bytes(b"second")
        run(repo.path, "commit", "-qam", "Second")
        run(repo.path, "update-ref", experiment("long", base), "HEAD")
        run(repo.path, "reset", "-q", "--hard", base)
        assert named(found(repo)) == ["long"]

    def test_no_more_is_read_than_there_is_a_bound_for(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MOST_COMMITS", 3)
        steps = [Step("main", trained("0"), (repo.commits[0],))]
        steps += [Step("main", trained(str(it)), (it - 1,)) for it in range(1, 8)]
        grow(repo, steps)
        it = found(repo)
        assert it.cut_off.startswith("mreg read only the newest 3 commits")
        assert len(it.candidates) <= 4

    def test_experiments_whose_refs_hold_no_commit(self, repo: Repository) -> None:
        blob = repo.put_object(b"x", "blob")
        file = repo.path / ".git" / experiment("odd", repo.commits[0])
        file.parent.mkdir(parents=True)
        file.write_text(f"{blob}\n")
        file.with_name("lost").write_text(f"{'12' * 20}\n")
        assert found(repo).candidates == ()


class TestHowMuchIsRead:
    def test_as_many_processes_however_many_branches(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[str] = []
        start = process._start

        def counted(of: Any, arguments: tuple[str, ...], *more: Any, **options: Any) -> Any:
            started.append(" ".join(arguments[:4]))
            return start(of, arguments, *more, **options)

        monkeypatch.setattr(process, "_start", counted)
        base = (repo.commits[0],)
        counts = []
        for number in (2, 60):
            steps = [
                Step(f"b{number}-{it}", trained(str(it), auc=it), base) for it in range(number)
            ]
            steps += [Step(f"e{number}-{it}", {f"x{it}": b""}, base) for it in range(number)]
            grow(repo, steps)
            started.clear()
            assert len(found(repo).candidates) >= number
            counts.append(sorted(started))
        assert counts[0] == counts[1]
        assert len(counts[0]) <= 4


class TestByURL:
    def test_branches_and_experiments_only_if_asked_for(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("trying", trained("a", auc=0.9), base),
                Step(experiment("quick", base[0]), trained("b", auc=0.7), base),
            ],
        )
        registry = Registry.open(f"file://{repo.path}")
        it = registry.candidates("churn")
        assert named(it) == ["trying"]
        assert only(it).differs == ("model", "metrics")
        assert named(registry.candidates("churn", experiments=True)) == ["quick", "trying"]


class TestPolicy:
    def test_those_in_no_branch_of_the_policy_are_marked(self, repo: Repository) -> None:
        base = (repo.commits[0],)
        grow(
            repo,
            [
                Step("main", {".mreg.yaml": b"register: {branches: [main]}\n"}, base),
                Step("main", trained("a", auc=0.9), (0,)),
                Step("trying", trained("b", auc=0.95), base),
            ],
        )
        it = found(repo)
        assert it.branches == ("main",)
        assert {one.place.name: one.allowed for one in it.candidates} == {
            "main": True,
            "trying": False,
        }
