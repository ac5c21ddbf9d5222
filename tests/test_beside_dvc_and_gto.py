"""What docs/how-to/interop.md says of DVC, DVCLive and GTO: by the real ones, beside mreg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gto.api
import pytest
from ruamel.yaml import YAML

from commandline import CommandLine
from getting_started import ARTIFACT, FIRST, SECOND, GettingStarted
from mreg.annotations import metrics
from mreg.registry import Registry
from repositories import Maker, Repository, Tag

pytestmark = pytest.mark.integration


class TestTheNumbersAreThoseOfDvc:
    """A clone without a cache, and `--fetch`; DVC answers where its cache has all."""

    def test_metrics_and_params_of_two_versions(
        self, getting_started: GettingStarted, mreg: CommandLine
    ) -> None:
        asked = ("diff", FIRST, SECOND, "--json")
        without = mreg.ok(*asked, repo=getting_started.clone)
        assert without.json["metrics"] == []
        assert "2 files are not in DVC's local cache" in without.err
        found = mreg.ok(*asked, "--fetch", repo=getting_started.clone)
        assert found.err == ""
        assert by_name(found.json["metrics"], "delta") == of_dvc(
            getting_started.said["metrics diff"]
        )
        changed = {it["name"]: (it["before"], it["after"]) for it in found.json["params"]}
        params = of_dvc(getting_started.said["params diff"])
        assert {name: pair[:2] for name, pair in params.items()} == {
            **changed,
            "prepare.split": (0.2, 0.25),  # of a stage that did not make the model's metrics
        }

    def test_metrics_of_all_versions(
        self, getting_started: GettingStarted, mreg: CommandLine
    ) -> None:
        shown = getting_started.said["metrics show"]
        expected = {
            tag: dict(metrics.flat(shown[tag]["data"]["eval/metrics.json"]["data"]))
            for tag in (FIRST, SECOND)
        }
        found = mreg.ok("compare", ARTIFACT, "--fetch", "--json", repo=getting_started.clone).json
        assert {it["tag"]: it["metrics"] for it in found["versions"]} == expected
        for tag in (FIRST, SECOND):
            said = mreg.ok("describe", tag, "--fetch", "--json", repo=getting_started.clone).json
            assert said["metrics"] == expected[tag]
        best = max(expected, key=lambda tag: expected[tag]["roc_auc.test"])
        bound = expected[best]["roc_auc.test"]
        search = ("search", f"metrics.roc_auc.test>={bound!r}", "--json")
        assert mreg.ok(*search, repo=getting_started.clone).json["versions"] == []
        found = mreg.ok(*search, "--fetch", repo=getting_started.clone).json
        assert [it["tag"] for it in found["versions"]] == [best]

    def test_plots(
        self, getting_started: GettingStarted, mreg: CommandLine, tmp_path: Path
    ) -> None:
        asked = ("compare", FIRST, SECOND, "--plots", str(tmp_path / "plots.svg"), "--json")
        assert mreg(*asked, repo=getting_started.clone).json["plots"] == []
        [plot] = mreg.ok(*asked, "--fetch", repo=getting_started.clone).json["plots"]
        assert [(it["version"], len(it["x"])) for it in plot["series"]] == [
            ("v0.1.0", 11),
            ("v0.2.0", 11),
        ]


def by_name(changes: list[dict[str, Any]], delta: str) -> dict[str, Any]:
    return {it["name"]: (it["before"], it["after"], about(it[delta])) for it in changes}


def of_dvc(printed: dict[str, Any]) -> dict[str, Any]:
    [file] = printed.values()
    return {name: (it["old"], it["new"], about(it["diff"])) for name, it in file.items()}


def about(difference: float) -> str:
    """Return a difference to so many digits as two ways to subtract have in common."""
    return f"{difference:.8e}"


class TestDvc:
    def test_artifacts_get_goes_by_the_names_of_tags(self, getting_started: GettingStarted) -> None:
        said = getting_started.said
        assert said["after a rollback"] == 50
        assert said["after a demotion"] == 100
        assert said["after a deregistration"] == [100, 100, 100]
        registry = Registry.open(getting_started.released)
        assert str(registry.resolve(f"{ARTIFACT}#prod").version) == "v0.1.0"
        assert str(registry.resolve(ARTIFACT).version) == "v0.1.0"

    def test_doctor_tells_of_it_where_dvc_yaml_has_the_artifact(
        self, getting_started: GettingStarted, mreg: CommandLine, tmp_path: Path
    ) -> None:
        found = mreg.ok("doctor", "--json", repo=getting_started.released).json["problems"]
        assert [(it["subject"], it["message"]) for it in found if it["code"] == "MR043"] == [
            (
                f"{ARTIFACT}#prod!#5",
                "`dvc artifacts get` with `--stage prod` downloads v0.2.0; prod holds v0.1.0",
            ),
            (f"{SECOND}!", "`dvc artifacts get` downloads v0.2.0, which is deregistered"),
        ]
        [stage, _] = [it["remedy"] for it in found if it["code"] == "MR043"]
        assert f"`mreg get '{ARTIFACT}#prod'`" in stage
        copy = Repository(tmp_path / "copy")
        Repository(tmp_path).git("clone", "-q", str(getting_started.released), "copy")
        pipeline = copy.path / "dvc.yaml"
        said, _, _ = pipeline.read_text().partition("artifacts:")
        pipeline.write_text(said)
        (copy.path / "artifacts.yaml").write_text(f"{ARTIFACT}: {{path: model.pkl}}\n")
        copy.git("add", "-A")
        copy.git("commit", "-q", "-m", "Annotate it where DVC does not look")
        found = mreg.ok("doctor", "--json", repo=copy).json["problems"]
        assert [it for it in found if it["code"] == "MR043"] == []

    def test_metrics_diff_reads_its_remote(self, getting_started: GettingStarted) -> None:
        said = getting_started.said
        assert said["metrics diff without a cache"] == said["metrics diff"]
        assert said["cache then"] is False

    def test_artifacts_get_does_not_know_artifacts_yaml(
        self, getting_started: GettingStarted
    ) -> None:
        assert getting_started.said["get of artifacts.yaml"] == 1
        assert Registry.open(getting_started.released).annotation("early").path == "model.pkl"

    def test_fetch_of_all_tags_fills_the_cache(self, getting_started: GettingStarted) -> None:
        assert getting_started.said["folders after fetch --all-tags"] == 6
        rows = Registry.open(getting_started.released).compare(ARTIFACT, ended=True).rows
        assert [sorted(row.metrics) for row in rows] == [
            ["avg_prec.test", "avg_prec.train", "roc_auc.test", "roc_auc.train"]
        ] * 2

    def test_push_of_all_tags(self, getting_started: GettingStarted) -> None:
        """Three folders a version: data/prepared, data/features and eval."""
        assert getting_started.said["folders after push --all-tags"] == 6

    def test_a_relative_remote_of_a_revision_counts_from_the_root(
        self, getting_started: GettingStarted
    ) -> None:
        pushed = getting_started.said["pushed to a relative path"]
        assert pushed == {"from .dvc": ["two"], "from the root": ["one", "two"]}


class TestDvcLive:
    def test_a_run_writes_its_artifact_and_removes_others(
        self, getting_started: GettingStarted
    ) -> None:
        said = YAML(typ="safe").load(getting_started.live / "dvc.yaml")
        assert said["artifacts"].keys() == {ARTIFACT, "fresh"}  # `other` was there before
        assert said["metrics"] == ["eval/metrics.json", "dvclive/metrics.json"]
        own = (getting_started.live / "artifacts.yaml").read_text()
        assert own == "third: {path: models/dvclive/third.bin}\n"
        found = Registry.open(getting_started.live).annotation("fresh")
        assert (found.path, found.type) == ("fresh.bin", "model")


def assigned(path: str, name: str, version: str) -> None:
    gto.api.assign(path, name, version=version, stage="dev")


class TestGto:
    """The rest of what GTO reads and does is in test_same_as_gto.py and test_gto_faults.py."""

    AGAIN = (Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.0.0!", 0, 1))

    @pytest.mark.parametrize(
        ("commit", "act", "said"),
        [
            (1, gto.api.deregister, "Multiple versions are not allowed on the same Git commit"),
            (1, assigned, "Multiple versions are not allowed on the same Git commit"),
            (0, gto.api.deregister, "tag 'churn@v1.0.0!' already exists"),
        ],
    )
    def test_it_fails_on_a_version_that_was_registered_twice(
        self, make_repository: Maker, commit: int, act: Callable[..., Any], said: str
    ) -> None:
        tags = [*self.AGAIN, Tag("churn@v1.0.0#2", commit, 2)]
        made = make_repository(tags, commits=[{"a": b"1"}, {"a": b"2"}])
        with pytest.raises(Exception, match=said):
            act(str(made.path), "churn", version="v1.0.0")
        assert gto.api.show(str(made.path))["churn"]["version"] == "v1.0.0"
        Registry.open(made.path).deregister("churn@v1.0.0")
        assert "churn@v1.0.0!#3" in made.git("tag")
