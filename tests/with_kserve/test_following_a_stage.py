"""Following: what is served after what happens to a registry, or to this machine."""

from __future__ import annotations

import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import in_process
import pytest
from in_process import HeldSource
from served_registry import BROKEN, ServedRegistry, name_of

from mreg.errors import Mismatch, MregError, RemoteError
from mreg.registry import Registry
from mreg.schemas.model import ModelSchema
from mreg.serve.follow import Follower
from mreg.serve.loaded import LoadOptions
from mreg.serve.loaders import CannotLoad
from mreg.serve.source import RegistrySource
from repositories import run


def following(registry: ServedRegistry, said: list[str], **options: Any) -> Follower:
    """Return what follows a registry by its URL."""
    source = RegistrySource(Registry.open(registry.url), "churn#prod", **options)
    return Follower(source, LoadOptions(), said.append)


def served(follower: Follower) -> str:
    """Return the version that is served."""
    version = follower.slot.version
    assert version is not None
    return version.wanted.named


def test_a_promotion_and_a_rollback_are_followed_and_a_broken_version_is_not(
    registry: ServedRegistry,
) -> None:
    said: list[str] = []
    follower = following(registry, said)
    follower.begin()
    assert served(follower) == "v1.0.0"
    registry.promote(1)
    follower.step()
    assert served(follower) == "v1.1.0"
    registry.promote(BROKEN)
    follower.step()
    status = follower.status
    assert served(follower) == "v1.1.0"
    assert status.wanted is not None
    assert status.wanted.named == name_of(BROKEN)
    assert status.failing_since is not None
    assert "churn.skops" in status.error
    assert said[-1].startswith("ERROR: cannot serve churn v1.3.0")
    registry.registry.rollback("churn", "prod", push=True)
    follower.step()
    assert served(follower) == "v1.1.0"
    assert follower.status.failing_since is None
    assert follower.status.error == ""


def test_a_pickle_is_not_opened_unless_whoever_serves_it_trusts_it(
    registry: ServedRegistry, tmp_path: Path
) -> None:
    """One that would make a file."""
    follower = following(registry, [])
    follower.begin()
    (registry.folder / "churn.skops").write_bytes(pickle.dumps(_Maker(tmp_path / "made")))
    run(registry.folder, "commit", "-q", "-a", "-m", "Save it in another way")
    run(registry.folder, "push", "-q", "origin", "main")
    registry.registry.register("churn", version="v1.5.0", push=True)
    registry.promote(5)
    follower.step()
    assert served(follower) == "v1.0.0"
    assert "loading it runs the code of its author" in follower.status.error
    assert "--trust-pickle" in follower.status.error
    assert not (tmp_path / "made").exists()
    source = RegistrySource(Registry.open(registry.url), "churn#prod")
    with pytest.raises(MregError):  # it is no model either
        Follower(source, LoadOptions(trust_pickle=True), print).begin()
    assert (tmp_path / "made").exists()


class _Maker:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_without_the_remote_what_was_known_last_is_served_and_said_loudly(
    registry: ServedRegistry, tmp_path: Path
) -> None:
    following(registry, []).begin()
    registry.remote.rename(tmp_path / "away.git")
    said: list[str] = []
    follower = following(registry, said)
    follower.begin()
    assert served(follower) == "v1.0.0"
    assert said[0].startswith("WARNING:")
    assert "cannot reach file:" in said[0]
    assert follower.status.failing_since is not None
    follower.step()
    assert served(follower) == "v1.0.0"
    (tmp_path / "away.git").rename(registry.remote)
    registry.promote(1)
    follower.step()
    assert served(follower) == "v1.1.0"
    assert follower.status.failing_since is None
    offline: list[str] = []
    follower = following(registry, offline, offline=True)
    follower.begin()
    assert served(follower) == "v1.1.0"
    assert not any(it.startswith("WARNING") for it in offline)


def test_without_the_remote_and_the_last_version_the_one_before_is_served(
    registry: ServedRegistry, tmp_path: Path, cache_folder: Path
) -> None:
    following(registry, []).begin()
    registry.promote(1)
    Registry.open(registry.url).resolve("churn#prod")  # known, and never fetched
    registry.remote.rename(tmp_path / "away.git")
    said: list[str] = []
    follower = following(registry, said)
    follower.begin()
    assert served(follower) == "v1.0.0"
    shutil.rmtree(cache_folder)
    with pytest.raises(MregError):
        following(registry, []).begin()


def test_a_file_that_was_changed_in_the_cache_is_not_served(
    registry: ServedRegistry, cache_folder: Path
) -> None:
    first = following(registry, [])
    first.begin()
    version = first.slot.version
    assert version is not None
    path = version.path.resolve()
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    second = following(registry, [])
    second.begin()  # it is fetched anew
    with second.slot.held() as model:
        row = {"age": 33, "income": 1.0, "plan": "pro"}
        assert model.predictions([row]) == pytest.approx([33])


def test_an_example_outside_of_the_repository_or_without_sense_is_refused(
    registry: ServedRegistry,
) -> None:
    for text, why in (
        ("../../../etc/hostname", "its commit does not have the file"),
        ("/etc/hostname", "its commit does not have the file"),
        ("missing.json", "its commit does not have the file missing.json"),
        ("artifacts.yaml", "the example artifacts.yaml is not of the form"),
    ):
        entry = (registry.folder / "artifacts.yaml").read_text()
        changed = entry.replace("churn.example.json", text)
        (registry.folder / "artifacts.yaml").write_text(changed)
        run(registry.folder, "commit", "-qam", "Another example")
        run(registry.folder, "push", "-q", "origin", "main")
        found = registry.registry.register("churn", bump="minor", push=True, force=True)
        (registry.folder / "artifacts.yaml").write_text(entry)
        run(registry.folder, "commit", "-qam", "The old one")
        source = RegistrySource(Registry.open(registry.url), f"churn@{found.version}")
        follower = Follower(source, LoadOptions(), print)
        with pytest.raises(MregError, match=why):
            follower.begin()


EXAMPLE = {"input": [{"age": 30, "income": 1.0, "plan": "pro"}], "output": [0.0]}


class TestTrying:
    def loaded(self, predict: Any, example: Any) -> Follower:
        in_process.MODELS["v1.0.0"] = predict
        return in_process.follower(HeldSource(ModelSchema(input=in_process.TABLE), example=example))

    def test_its_example_is_answered_first(self) -> None:
        assert self.loaded(lambda it: [0.0], EXAMPLE).status.remark == ""

    def test_other_values_are_remarked(self) -> None:
        remark = self.loaded(lambda it: [1.0], EXAMPLE).status.remark
        assert remark == "the model's answer to its example differs from the recorded one"

    def test_no_example_is_remarked(self) -> None:
        assert "was not tried out" in self.loaded(lambda it: [1.0], None).status.remark

    @pytest.mark.parametrize(
        ("predict", "example"),
        [
            (lambda it: 1 / 0, EXAMPLE),
            (lambda it: object(), EXAMPLE),
            (lambda it: [0.0], {"input": [{"age": "x"}]}),
            (lambda it: sys.exit(0), EXAMPLE),
        ],
    )
    def test_a_version_that_fails_its_own_example_is_not_served(
        self, predict: Any, example: Any
    ) -> None:
        with pytest.raises(CannotLoad):
            self.loaded(predict, example)


class TestTryingAgain:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [1000.0]
        monkeypatch.setattr("mreg.serve.follow.time.monotonic", lambda: now[0])
        return now

    @pytest.mark.parametrize(
        ("error", "times"),
        [(RemoteError("away"), 6), (OSError(28, "full"), 6), (Mismatch("other bytes"), 1)],
    )
    def test_what_may_pass_is_tried_again_and_what_will_not_is_left(
        self, clock: list[float], error: Exception, times: int
    ) -> None:
        in_process.MODELS["v1.0.0"] = in_process.MODELS["v2.0.0"] = lambda it: [0.0]
        source = HeldSource(ModelSchema())
        follower = in_process.follower(source)
        source.version, source.error, source.fetched = "v2.0.0", error, 0
        for _ in range(100):  # a hundred seconds
            follower.step()
            clock[0] += 1
        assert source.fetched == times
        source.error = None
        clock[0] += 1000
        follower.step()
        assert served(follower) == "v2.0.0"

    def test_a_bug_of_ours_ends_no_thread(self) -> None:
        in_process.MODELS["v1.0.0"] = lambda it: [0.0]
        source = HeldSource(ModelSchema())
        follower = in_process.follower(source)
        source.look = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
        follower.step()
        assert "ZeroDivisionError" in follower.status.error
        assert served(follower) == "v1.0.0"


def test_an_old_model_is_closed_by_the_last_who_uses_it() -> None:
    closed: list[str] = []

    class Closing:
        def __init__(self, name: str) -> None:
            self.name = name

        def predict(self, data: Any) -> Any:
            return [0.0]

    in_process.MODELS.update({it: Closing(it) for it in ("v1.0.0", "v2.0.0")})
    source = HeldSource(ModelSchema())
    follower = in_process.follower(source)
    with follower.slot.held() as old:
        predictor = old._predictor
        assert predictor is not None
        predictor.close = lambda: closed.append("v1.0.0")  # type: ignore[method-assign]
        source.version = "v2.0.0"
        follower.step()
        assert served(follower) == "v2.0.0"
        assert closed == []
        assert old.predictions([{}]) == [0.0]
    assert closed == ["v1.0.0"]
