"""`mreg env` prints requirements, or says what the file is."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from lfs_server import pointer
from repositories import Maker, Tag

PIP = b"""--index-url https://example.com/simple
# pinned
numpy==2.1.0 \\
    --hash=sha256:0123
scikit-learn[extra] >= 1.5 ; python_version > "3.8"
git+https://example.com/team/tools.git@v1.0#egg=tools
tools @ https://example.com/tools-1.0-py3-none-any.whl
./local
wheels/own-1.0-py3-none-any.whl
-r base.txt
-rbase.txt
own/folder
.
${OWN}==1.0
"""
CONDA = b"name: churn\ndependencies:\n  - python=3.11\n  - pip:\n    - numpy==2.1.0\n"


def _printed(make: Maker, mreg: CommandLine, name: str, raw: bytes) -> tuple[int, str, str]:
    annotated = f"churn:\n  type: model\n  requirements: {name}\n".encode()
    made = make([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": annotated, name: raw}])
    done = mreg("env", "churn", repo=made)
    return done.code, done.out, done.err


def test_a_requirements_file(make_repository: Maker, mreg: CommandLine) -> None:
    code, out, err = _printed(make_repository, mreg, "requirements.txt", PIP)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "--index-url https://example.com/simple",
        "numpy==2.1.0 --hash=sha256:0123",
        'scikit-learn[extra] >= 1.5 ; python_version > "3.8"',
        "git+https://example.com/team/tools.git@v1.0#egg=tools",
        "tools @ https://example.com/tools-1.0-py3-none-any.whl",
        "./local",
        "wheels/own-1.0-py3-none-any.whl",
        "-r base.txt",
        "-rbase.txt",
        "own/folder",
        ".",
        "${OWN}==1.0",
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_it(
    make_repository: Maker, mreg: CommandLine, encoding: str
) -> None:
    raw = "numpy==2.1.0\r\nscipy\r\n".encode(encoding)
    assert _printed(make_repository, mreg, "pinned.lock", raw) == (0, "numpy==2.1.0\nscipy\n", "")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("environment.yml", CONDA, "conda reads YAML, pip does not"),
        ("environment", CONDA, "pip does not accept 'name: churn'"),
        ("requirements.txt", pointer(b"numpy"), "it is a Git LFS pointer, not the file"),
        ("pyproject.toml", b'[project]\nname = "x"\n', "it is TOML, such as pyproject.toml"),
        ("uv.lock", b"version = 1\n", "it is the lock file of another tool"),
        ("packages.txt", b"numpy 2.1.0\n", "pip does not accept 'numpy 2.1.0'"),
        ("packages.txt", b"- numpy\n", "pip does not accept '- numpy'"),
    ],
)
def test_what_is_none(
    make_repository: Maker, mreg: CommandLine, name: str, raw: bytes, said: str
) -> None:
    code, out, err = _printed(make_repository, mreg, name, raw)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: churn v1.0.0: {name} is not a requirements file: {said}")
    assert f":{name}` to print it" in err


def test_mreg_itself_is_left_out(make_repository: Maker, mreg: CommandLine) -> None:
    raw = b"""\
numpy==2.1.0
mreg==0.1.0
Mreg[remote, serve] @ git+https://git.example.com/mreg.git@v0.1.0 ; python_version > "3.8"
-e git+https://git.example.com/mreg.git@v0.1.0#egg=mreg
mreg-plugins==1.0
"""
    kept = "numpy==2.1.0\nmreg-plugins==1.0\n"
    assert _printed(make_repository, mreg, "requirements.txt", raw) == (0, kept, "")


def test_mreg_is_left_out_of_a_list(make_repository: Maker, mreg: CommandLine) -> None:
    annotated = b"churn:\n  type: model\n  requirements: [numpy==2.1.0, 'mreg==0.1.0']\n"
    made = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": annotated}])
    assert mreg.ok("env", "churn", repo=made).out == "numpy==2.1.0\n"
    assert mreg.ok("env", "churn", "--json", repo=made).json["requirements"] == ["numpy==2.1.0"]
