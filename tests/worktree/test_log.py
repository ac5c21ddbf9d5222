"""`package.log_artifact`, as a training script calls it."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import packaging
import pytest

import mreg as package
from commandline import CommandLine
from mreg.errors import Refused, RepositoryError, UsageError
from mreg.worktree.log import imported_requirements
from repositories import Maker, Repository


class Float32:
    """A number as NumPy has it."""

    ndim = 0

    def item(self) -> float:
        return 0.5


@pytest.fixture
def repository(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = make_repository.empty()
    (made.path / "models").mkdir()
    (made.path / "models" / "churn.pkl").write_bytes(b"model")
    (made.path / "data.csv").write_bytes(b"x")
    monkeypatch.chdir(made.path)
    return made


def test_it_says_what_was_made_and_with_what(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = types.ModuleType("sklearn")
    fake.__version__ = "1.10"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn", fake)
    monkeypatch.setattr("importlib.metadata.version", _absent)
    made = package.log_artifact(
        "models/churn.pkl",
        metrics={"accuracy": Float32(), "n": 10},
        params={"depth": 5, "kind": "gini", "path": Path("x"), "layers": (1, 2)},
        inputs=["data.csv,role=training"],
        requirements=["numpy==1.26.0"],
        commit=True,
    )
    assert (made.artifact, made.path, made.changed) == ("churn", "artifacts.yaml", True)
    found = package.Registry.open(repository.path).annotation("churn")
    assert found.type == "model"
    assert found.path == "models/churn.pkl"
    assert found.framework == package.Framework("scikit-learn", "1.10")
    assert found.metrics == {"accuracy": 0.5, "n": 10}
    assert found.params == {"depth": 5, "kind": "gini", "path": "x", "layers": [1, 2]}
    assert found.inputs == (package.Input(path="data.csv", role="training"),)
    assert found.requirements == ("numpy==1.26.0",)
    assert found.custom == {"python": platform.python_version()}


def _absent(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def test_a_second_run_replaces_what_was_of_the_first_and_keeps_the_rest(
    repository: Repository,
) -> None:
    file = repository.path / "artifacts.yaml"
    package.log_artifact(
        "models/churn.pkl",
        metrics={"accuracy": 0.9, "f1": 0.8},
        inputs=["data.csv"],
        requirements=["a==1"],
    )
    file.write_text(file.read_text().replace("0.9\n", "0.9 # first\n") + "  owner: me # asked\n")
    before = file.read_text()
    package.log_artifact("models/churn.pkl", metrics={"accuracy": 0.91}, requirements=["a==1"])
    after = file.read_text()
    assert after == before.replace("    accuracy: 0.9 #", "    accuracy: 0.91 #").replace(
        "    f1: 0.8\n", ""
    ).replace("  inputs:\n    - path: data.csv\n", "")


def test_the_same_run_again_changes_nothing(repository: Repository) -> None:
    first = package.log_artifact("models/churn.pkl", metrics={"a": 1}, inputs=["data.csv"])
    again = package.log_artifact("models/churn.pkl", metrics={"a": 1}, inputs=["data.csv"])
    assert (first.changed, again.changed) == (True, False)


def test_the_requirements_are_the_packages_that_are_imported(repository: Repository) -> None:
    assert packaging.__name__ in sys.modules
    package.log_artifact("models/churn.pkl")
    text = (repository.path / "artifacts.yaml").read_text()
    assert f"packaging=={metadata.version('packaging')}" in text
    assert "pip==" not in text
    assert "pytest==" not in text  # scikit-learn loads it where it is installed


def test_nothing_heavy_is_imported_for_it(repository: Repository) -> None:
    program = (
        "import sys, mreg; mreg.log_artifact('models/churn.pkl', metrics={'a': 1});"
        "print(sorted({'git', 'rich', 'pydantic', 'typer', 'semver', 'numpy', 'sklearn'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_names_and_places(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.path / "models")
    (repository.path / "models" / "my model!.bin").write_bytes(b"")
    assert package.log_artifact("my model!.bin").artifact == "my-model"
    inner = package.log_artifact("churn.pkl", name="models:churn", inputs=["data.csv"])
    assert inner.path == "models/artifacts.yaml"
    assert "path: churn.pkl" in (repository.path / "models/artifacts.yaml").read_text()
    assert "path: ../data.csv" in (repository.path / "models/artifacts.yaml").read_text()
    assert package.log_artifact("s3://bucket/m", name="far", type="dataset").changed


def test_what_is_refused(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.pkl"
    outside.write_bytes(b"")
    with pytest.raises(RepositoryError):
        package.log_artifact(outside)
    with pytest.raises(Refused, match="outside"):
        package.log_artifact("models/churn.pkl", inputs=["../../elsewhere.csv"])
    assert not (repository.path / "artifacts.yaml").exists()


def test_files_are_named_in_any_form_that_a_script_has(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A string was read letter by letter, and an absolute path was called outside."""
    (repository.path / "notebooks").mkdir()
    monkeypatch.chdir(repository.path / "notebooks")
    data = repository.path / "data.csv"
    for inputs in (
        ["data.csv"],
        "data.csv",
        Path("data.csv"),
        [data],
        str(data),
        ["../data.csv"],
        [Path("../data.csv")],
        package.Input(path="data.csv"),
    ):
        package.log_artifact(
            "../models/churn.pkl", inputs=inputs, metrics="../m.json", requirements=["numpy"]
        )
        text = (repository.path / "artifacts.yaml").read_text()
        assert "  inputs:\n    - path: data.csv\n" in text, inputs
        assert "  metrics: [m.json]\n" in text


def test_what_is_no_file_is_refused_before_anything_is_written(repository: Repository) -> None:
    """The model itself became an artifact with a name of a hundred letters."""
    with pytest.raises(UsageError, match="the path of a file, not a value of type Float32"):
        package.log_artifact(Float32())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not a value of type Float32"):
        package.log_artifact("models/churn.pkl", inputs=[Float32()])  # type: ignore[list-item]
    assert not (repository.path / "artifacts.yaml").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_metric_that_says_nothing_is_recorded_with_a_warning(
    repository: Repository, value: str
) -> None:
    with pytest.warns(UserWarning, match=f"the metric loss is {value}: it is recorded"):
        package.log_artifact("models/churn.pkl", metrics={"loss": float(value), "acc": 0.5})
    text = (repository.path / "artifacts.yaml").read_text()
    assert f"  metrics:\n    loss: {value.replace('inf', '.inf').replace('nan', '.nan')}\n" in text
    assert "    acc: 0.5\n" in text


def test_what_is_no_number_takes_no_metric_with_it(repository: Repository) -> None:
    """It made all metrics of the version unreadable, told when the tag was made."""
    report = {"macro": {"f1": 0.25}, "support": None}
    matrix = [[1, 2], [3, 4]]
    metrics = {"acc": 0.5, "matrix": matrix, "ok": True, "report": report}
    with pytest.warns(UserWarning, match="not a number: it is omitted") as told:
        package.log_artifact("models/churn.pkl", metrics=metrics)
    left = ["matrix is [[1, 2], [3, 4]]", "ok is True", "report.support is None"]
    said = [str(it.message) for it in told]
    assert said == [f"the metric {it}, not a number: it is omitted" for it in left]
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "Log the model")
    annotation = package.Registry.open(repository.path).describe("churn", rev="HEAD").annotation
    assert annotation.metrics == {"acc": 0.5, "report.macro.f1": 0.25}


def _install(site: Path, name: str, *files: str, version: str = "1.0") -> None:
    """Put a distribution where Python finds it."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    said = f"Version: {version}\n" if version else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\n{said}")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("")


def test_of_a_namespace_package_only_what_is_imported_counts(
    repository: Repository, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    _install(site, "space-one", "space/one/__init__.py")
    _install(site, "space-two", "space/two/__init__.py")
    _install(site, "space-three", "space/three.py")
    _install(site, "alone", "alone.py")
    _install(site, "setuptools", "setuptools/__init__.py")
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r});"
        "import alone, setuptools, space.one, space.three\n"
        "from mreg.worktree.log import imported_requirements; print(*imported_requirements())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    found = {it for it in done.stdout.split() if it.startswith(("alone", "setup", "space"))}
    assert found == {"alone==1.0", "space-one==1.0", "space-three==1.0"}


def test_a_distribution_without_a_version_is_left_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", _absent)
    assert imported_requirements() == []


def test_mreg_and_what_it_loads_are_no_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "mreg", "mreg/__init__.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert metadata.version("mreg")
    assert {it.partition("==")[0] for it in imported_requirements()}.isdisjoint(
        {"mreg", "ruamel.yaml", "GitPython"}
    )


class TestWhatIsSaid:
    @pytest.fixture
    def imported(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Let so many packages be imported; return them."""
        found = [f"package-{number}=={number}.0" for number in range(52)]
        monkeypatch.setattr("mreg.worktree.log.imported_requirements", lambda: found)
        return found

    def test_two_lines_tell_what_was_recorded_and_what_comes_next(
        self,
        repository: Repository,
        imported: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        mreg: CommandLine,
    ) -> None:
        monkeypatch.chdir(repository.path / "models")
        package.log_artifact("churn.pkl")
        said = capsys.readouterr()
        wanted = (
            "mreg: annotated churn in artifacts.yaml with the imported packages as requirements\n"
            "mreg: next: git add ../artifacts.yaml churn.pkl && git commit && mreg register churn\n"
        )
        assert (said.out, said.err) == ("", wanted)
        text = (repository.path / "artifacts.yaml").read_text()
        assert "  requirements:\n" + "".join(f'    - "{it}"\n' for it in imported) in text
        add = wanted.partition("next: ")[2].partition(" && ")[0]
        subprocess.run(shlex.split(add), check=True)
        repository.git("commit", "-q", "-m", "Train")
        assert mreg.ok("register", "churn").err == ""

    def test_requirements_that_pin_what_is_imported_are_named(
        self, repository: Repository, imported: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository.path / "poetry.lock").write_text("")
        package.log_artifact("models/churn.pkl")
        said = "requirements, beside poetry.lock, which is not for pip\nmreg: next"
        assert said in capsys.readouterr().err
        file = repository.path / "requirements.txt"
        file.write_text("\n".join(["Package.0 == 0.0", "other", *imported[1:]]))
        made = package.log_artifact("models/churn.pkl")
        said = "with requirements.txt, which pins every imported package\nmreg: next: git add"
        assert said in capsys.readouterr().err
        text = (repository.path / made.path).read_text()
        assert "  requirements: requirements.txt\n" in text
        assert "package-1" not in text
        file.write_text("\n".join(["package-0", "package-1==1.1", *imported[2:]]))
        package.log_artifact("models/churn.pkl")
        why = "since requirements.txt does not pin package-0==0.0 and 1 more\nmreg: next"
        assert why in capsys.readouterr().err
        assert "package-51" in (repository.path / made.path).read_text()

    def test_what_a_uv_lock_pins_is_recorded_with_all_that_it_needs(
        self, repository: Repository, imported: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        def package_of(name: str, version: str, *needed: str) -> str:
            listed = ", ".join(f'{{ name = "{it}" }}' for it in needed)
            text = f'name = "{name}"\nversion = "{version}"\ndependencies = [{listed}]\n'
            return f"[[package]]\n{text}"

        imported[:] = ["A_b==1.0", "c==2.0"]
        lock = repository.path / "uv.lock"
        packages = [package_of("a-b", "1.0", "d"), package_of("c", "2.0"), package_of("d", "3")]
        lock.write_text("".join(("version = 1\n", *packages, package_of("other", "1"))))
        made = package.log_artifact("models/churn.pkl")
        said = "with 3 packages as requirements, as uv.lock pins them\nmreg: next"
        assert said in capsys.readouterr().err
        text = (repository.path / made.path).read_text()
        assert 'requirements: ["a-b==1.0", "c==2.0", "d==3"]' in text
        imported[:] = ["a-b==1.1", "c==2.0"]
        package.log_artifact("models/churn.pkl")
        why = "imported packages as requirements, since uv.lock does not pin a-b==1.1\nmreg: next"
        assert why in capsys.readouterr().err
        lock.write_text("")
        package.log_artifact("models/churn.pkl")
        assert "since uv.lock has an unknown format\nmreg: next" in capsys.readouterr().err

    def test_what_is_committed_or_ignored_is_not_added_and_quiet_says_nothing(
        self, repository: Repository, imported: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository.path / ".gitignore").write_text("*.pkl\n")
        package.log_artifact("models/churn.pkl", quiet=True)
        assert capsys.readouterr().err == ""
        package.log_artifact("models/churn.pkl", commit=True)
        note, *_, comes = capsys.readouterr().err.splitlines()
        assert comes == "mreg: next: mreg register churn"
        assert note.startswith("mreg: note: models/churn.pkl is in neither Git nor DVC, so a")
        assert note.endswith("or run `git add -f models/churn.pkl`, since Git ignores it")

    def test_the_script_and_small_inputs_are_added_and_other_inputs_are_told(
        self,
        repository: Repository,
        imported: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name in ("train.py", "data/small.csv", "data/large.csv", "ignored.csv", "kept.csv"):
            (repository.path / name).parent.mkdir(exist_ok=True)
            (repository.path / name).write_text("0123456789" * (2 if "large" in name else 1))
        (repository.path / ".gitignore").write_text("ignored.csv\nkept.csv\n")
        md5 = "0123456789abcdef0123456789abcdef"
        (repository.path / "kept.csv.dvc").write_text(f"outs:\n- md5: {md5}\n  path: kept.csv\n")
        monkeypatch.setattr("mreg.worktree.version_files.LARGEST", 15)
        monkeypatch.setattr(
            sys.modules["__main__"], "__file__", str(repository.path / "train.py"), raising=False
        )
        names = ("data/small.csv", "data/large.csv", "ignored.csv", "kept.csv", "none.csv")
        inputs = [*names, "raw@v1.0.0", "https://example.com/x.csv"]
        package.log_artifact("models/churn.pkl", inputs=inputs)
        *notes, _, comes = capsys.readouterr().err.splitlines()
        wanted = "git add artifacts.yaml data/small.csv models/churn.pkl train.py && git commit"
        assert comes == f"mreg: next: {wanted} && mreg register churn"
        assert [it.partition(" is in neither")[0] for it in notes if "neither" in it] == [
            "mreg: note: data/large.csv",
            "mreg: note: ignored.csv",
        ]
        assert [it.rpartition(", ")[2] for it in notes if "neither" in it] == [
            "or with Git LFS",
            "since Git ignores it",
        ]
        (repository.path / ".gitattributes").write_text("data/large.csv filter=lfs\n")
        package.log_artifact("models/churn.pkl", inputs=["data/large.csv"])
        assert "git add artifacts.yaml data/large.csv models" in capsys.readouterr().err

    def test_a_committed_result_can_be_registered_by_the_same_script(
        self,
        repository: Repository,
        imported: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        script = repository.path / "train.py"
        script.write_text("")
        (repository.path / "metrics.json").write_text('{"accuracy": 0.9}')
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)

        def log() -> package.Edited:
            listed = ["metrics.json"]
            return package.log_artifact(
                "models/churn.pkl", metrics=listed, inputs=["data.csv"], commit=True
            )

        assert log().commit == repository.git("rev-parse", "HEAD").strip()
        assert repository.git("show", "--format=", "--name-only", "HEAD").split() == [
            "artifacts.yaml",
            "metrics.json",
            "models/churn.pkl",
            "train.py",
        ]
        assert "next: git add data.csv && git commit && mreg reg" in capsys.readouterr().err
        repository.git("add", "data.csv")
        repository.git("commit", "-q", "-m", "Add the data")
        assert log().commit is None
        assert capsys.readouterr().err.endswith("\nmreg: next: mreg register churn\n")
        registry = package.Registry.open(repository.path)
        registry.register("churn", version="v0.1.0")
        assert log().commit is None
        assert capsys.readouterr().err.endswith("\nmreg: nothing changed since churn v0.1.0\n")
        (repository.path / "models/churn.pkl").write_bytes(b"another")
        log()
        registry.register("churn", bump="minor")
        assert registry.resolve("churn@latest").version == "v0.2.0"

    def test_a_file_too_large_for_git_is_not_committed(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mreg.worktree.version_files.LARGEST", 2)
        package.log_artifact("models/churn.pkl", commit=True)
        assert repository.git("show", "--format=", "--name-only").split() == ["artifacts.yaml"]

    def test_one_error_is_raised_and_what_was_written_stays(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was taken for one of the schema, which was then left out, and raised a second time."""
        example = [{"age": 1}]
        monkeypatch.setattr("mreg.git.worktree._run", _without_identity)
        with pytest.raises(Refused, match="does not know your name") as raised:
            package.log_artifact("models/churn.pkl", example=example, commit=True)
        assert raised.value.__context__ is None
        assert "example: models/churn" in (repository.path / "artifacts.yaml").read_text()
        assert (repository.path / "models/churn.example.json").exists()
        with pytest.raises(Refused, match="outside") as raised:
            package.log_artifact("models/churn.pkl", inputs=["../x.csv"], example=example)
        assert raised.value.__context__ is None


def _without_identity(_: object, command: str, *more: str, stdin: str = "") -> tuple[int, str]:
    """Answer for Git where it knows nobody's name."""
    return (128, "*** Please tell me who you are.") if command == "commit" else (0, "something")
