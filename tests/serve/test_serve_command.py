"""`mreg serve` up to where KServe's server begins, and `mreg serve status` of any server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import model_servers
from commandline import CommandLine
from model_servers import Models, endless, says
from models_to_package import SOURCE, with_model
from mreg.serve import installed, server
from mreg.serve.server import ServeOptions
from repositories import Maker


class Begun(NamedTuple):
    """What the server was to serve, and how."""

    selector: str
    options: ServeOptions
    path: list[str]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Begun]:
    """What the server was told to begin with, in place of a server."""
    found: list[Begun] = []

    def serve(source: Any, options: ServeOptions, *_: Any, **__: Any) -> bool:
        found.append(Begun(source.selector, options, list(sys.path)))
        return True

    monkeypatch.setattr(installed, "check", lambda: None)
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(sys, "path", [it for it in sys.path if it])
    return found


@pytest.fixture
def image(mreg: CommandLine, make_repository: Maker, tmp_path: Path) -> Path:
    """The folder that an image has: that of the package."""
    to = tmp_path / "image"
    words = ("--as", "dockerfile", "--source", SOURCE, "--to", str(to))
    mreg.ok("package", "churn", *words, repo=with_model(make_repository))
    return to


class TestStartedBySageMaker:
    """`docker run IMAGE serve`, where the image's entry point is `mreg serve`."""

    def test_what_sagemaker_has_unpacked_is_served(
        self, mreg: CommandLine, image: Path, begun: list[Begun], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = image.parent / "ml"
        (image / "version").rename(given)
        monkeypatch.setenv("SM_MODEL_DIR", str(given))
        mreg.ok("serve", "serve", repo=image)
        (found,) = begun
        assert found.selector == str(given)
        assert (found.options.host, found.options.port) == ("0.0.0.0", 8080)
        assert found.options.sagemaker

    @pytest.mark.parametrize("is_there", [True, False])
    def test_if_that_is_nothing_the_images_own_version_is(
        self,
        mreg: CommandLine,
        image: Path,
        begun: list[Begun],
        monkeypatch: pytest.MonkeyPatch,
        is_there: bool,
    ) -> None:
        if is_there:
            (image.parent / "ml").mkdir()
        monkeypatch.setenv("SM_MODEL_DIR", str(image.parent / "ml"))
        mreg.ok("serve", "serve", repo=image)
        assert [it.selector for it in begun] == [str(image / "version")]

    def test_but_not_in_place_of_something_else(
        self, mreg: CommandLine, image: Path, begun: list[Begun], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (image.parent / "ml").mkdir()
        (image.parent / "ml" / "model.pkl").touch()
        monkeypatch.setenv("SM_MODEL_DIR", str(image.parent / "ml"))
        done = mreg("serve", "serve", repo=image)
        assert (done.code, begun) == (1, [])
        assert "ml has no mreg.json" in done.err

    def test_without_any_the_error_says_where_they_are_looked_for(
        self, mreg: CommandLine, begun: list[Begun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "ml"))
        done = mreg("serve", "serve", repo=tmp_path)
        assert (done.code, begun) == (2, [])
        assert f"there is no model in {tmp_path / 'ml'}" in done.err


@pytest.mark.parametrize(
    ("words", "is_trusted"), [((), False), (("--loader", "a:b"), True), (("--trust-pickle",), True)]
)
def test_modules_in_the_current_folder_are_imported_only_if_code_of_the_users_is(
    mreg: CommandLine, image: Path, begun: list[Begun], words: tuple[str, ...], is_trusted: bool
) -> None:
    """A skops.py in a clone would else run, without --trust-pickle."""
    mreg.ok("serve", "./version", *words, repo=image)
    assert ("" in begun[0].path) == is_trusted


def test_the_folder_of_an_image_is_not_the_one_of_its_version(
    mreg: CommandLine, image: Path, begun: list[Begun]
) -> None:
    done = mreg("serve", str(image), repo=image)
    assert (done.code, begun) == (1, [])
    assert f"hint: the version is in {image / 'version'}" in done.err


def test_a_stage_as_a_word_of_its_own_is_answered_with_what_to_type(
    mreg: CommandLine, image: Path
) -> None:
    done = mreg("serve", "churn", "prod", repo=image)
    assert (done.code, "hint: mreg serve churn#prod" in done.err) == (2, True)


def test_a_package_that_is_missing_is_named_before_a_module_imports_it(tmp_path: Path) -> None:
    """Numpy comes with KServe; nothing of the extra is installed with mreg alone."""
    code = (
        "import importlib.util, sys\n"
        "sys.modules['numpy'] = None\n"
        "importlib.util.find_spec = lambda *_: None\n"
        "sys.argv = ['mreg', 'serve', 'churn#prod']\n"
        "from mreg.cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: kserve and jsonschema are not installed\nhint: run `")


# mreg serve status

SERVED = {"artifact": "churn", "version": "v1.0.0", "commit": "c" * 40}
WELL = {
    "selector": "churn#prod",
    "served": SERVED,
    "wanted": SERVED,
    "failing_since": None,
    "error": None,
    "remark": None,
}


@pytest.fixture
def models() -> Iterator[Models]:
    with model_servers.running() as found:
        yield found


def test_status_says_how_a_server_stands(mreg: CommandLine, models: Models) -> None:
    models["/mreg/status"] = [
        says({"served": WELL}),
        says({"served": WELL, "shadow": {**WELL, "failing_since": 1.5, "error": "a\x1b[31m"}}),
    ]
    assert mreg.ok("serve", "status", models.url).out == "churn#prod: serving churn v1.0.0\n"
    done = mreg("serve", "status", models.url)
    assert done.code == 1
    assert "shadow: cannot serve churn v1.0.0 (since 1970-01-01 00:00Z): a" in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[" * 100_000,
        b"1" * 5000,
        b"[]",
        {},
        {"served": []},
        {"served": {"served": None, "failing_since": None}},
        {"served": {**WELL, "served": "v1.0.0"}},
        {"served": {**WELL, "wanted": {**SERVED, "version": ["v1"]}}},
        {"served": {**WELL, "failing_since": "now"}},
        {"served": {**WELL, "failing_since": 1e300}},
        {"served": {**WELL, "failing_since": -1e15}},
        {"served": {**WELL, "failing_since": True}},
        b'{"served": {"served": null, "failing_since": 1e999}}',
        {"served": {**WELL, "remark": 3}},
        {"served": WELL, "shadow": {"failing_since": None}},
    ],
)
def test_status_of_another_server_is_an_error_in_words(
    mreg: CommandLine, models: Models, body: Any
) -> None:
    models["/mreg/status"] = says(body)
    done = mreg("serve", "status", models.url)
    assert done.code == 1
    assert f"error: {models.url} is not a server of `mreg serve`" in done.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:99999", "::", "file:///"])
def test_status_where_nothing_answers_is_an_error_in_words(mreg: CommandLine, url: str) -> None:
    done = mreg("serve", "status", url)
    assert done.code == 1
    assert done.err.startswith("error: ")


def test_an_address_without_a_scheme_is_answered_with_the_whole_url(mreg: CommandLine) -> None:
    done = mreg("serve", "status", "localhost:8080")
    assert (done.code, "hint: write http://localhost:8080" in done.err) == (1, True)


def test_status_reads_no_more_than_a_status_has(mreg: CommandLine, models: Models) -> None:
    models["/mreg/status"] = endless
    assert "is not a server of `mreg serve`" in mreg("serve", "status", models.url).err
