"""Every output reads back to the same values, whatever is in them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

import readers
from hostile import CORPUS, deployment
from mreg.deploy import outputs
from mreg.deploy.deployment import Deployment, plain
from mreg.errors import Refused
from mreg.render import log

SHELLS = [it for it in ("sh", "dash", "bash", "ksh", "zsh", "busybox") if shutil.which(it)]

IDS = [f"text{number}" for number in range(len(CORPUS))]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def numbered() -> str:
    """Make delimiters that anybody can foresee: no value may hold the one that is taken."""
    return f"mreg_{next(_NUMBERS)}"


_NUMBERS = count()


def expected(found: Deployment) -> dict[str, str]:
    """Return what each key has to read back to, by docs/how-to/ci.md."""
    words = {None: "", True: "true", False: "false"}
    values = {
        key: words[value] if value in words else str(value)
        for key, value in found._asdict().items()
        if key not in ("approved_by", "metrics")
    }
    values["approved_by"] = " ".join(found.approved_by)
    return values


def check(read: dict[str, str], found: Deployment) -> None:
    """Hold what a reader found, by our keys, against what was to be said."""
    metrics = json.loads(read["metrics"])
    assert {name: number(str(value)) for name, value in metrics.items()} == found.metrics
    own = expected(found)
    assert {key: read[key] for key in own} == own
    rest = {key: value for key, value in read.items() if key not in (*own, "metrics")}
    assert all(key.startswith("metrics_") for key in rest)
    assert {key.lower(): number(value) for key, value in rest.items()} == by_key(found)


def number(text: str) -> float:
    """Read a number as JSON has it, or one that JSON has not."""
    found: float = float(text) if text in ("inf", "-inf", "nan") else json.loads(text)
    return found


def by_key(found: Deployment) -> dict[str, float]:
    """Return the metrics that have keys of their own, these in lower case."""
    keys = [re.sub(r"[^A-Za-z0-9_]", "_", name).lower() for name in found.metrics]
    return {
        f"metrics_{key}": value
        for key, value in zip(keys, found.metrics.values(), strict=True)
        if keys.count(key) == 1
    }


@pytest.mark.parametrize("text", CORPUS, ids=IDS)
def test_json_reads_back_and_is_one_line_of_harmless_ascii(text: str) -> None:
    found = deployment(text)
    written = outputs.as_json(found).text
    read = json.loads(written)
    assert read.pop("metrics") == {text: 0.5, "auc": 0.93, "loss": "inf", "n": 10**30}
    assert read == {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in found._asdict().items()
        if key != "metrics"
    }
    assert written.isascii()
    assert written.endswith("\n")
    assert written[:-1].isprintable()
    assert readers.commands(written) == []


@pytest.mark.parametrize("text", CORPUS, ids=IDS)
def test_github_outputs_read_back(text: str) -> None:
    found = deployment(text)
    check(readers.github(outputs.github(found, numbered).text), found)


@given(TEXTS)
def test_any_text_reads_back_from_github_outputs(text: str) -> None:
    found = deployment(text)
    check(readers.github(outputs.github(found, numbered).text), found)


def test_a_delimiter_that_a_value_holds_is_not_taken() -> None:
    foreseen = iter(["EOF", "mreg_1", "mreg_2", *map(str, range(100, 200))])
    written = outputs.github(Deployment("none", tag="EOF\nmreg_1"), lambda: next(foreseen))
    assert readers.github(written.text)["tag"] == "EOF\nmreg_1"


@pytest.mark.parametrize("text", CORPUS, ids=IDS)
def test_dotenv_reports_read_back(text: str) -> None:
    found = deployment(text[:200])
    raw = outputs.dotenv(found).text.encode()
    check(_from_dotenv(raw), found)
    assert readers.commands(raw.decode()) == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", raw.decode())


@given(TEXTS.map(lambda text: text[:20]))
def test_any_text_reads_back_from_dotenv_reports(text: str) -> None:
    found = deployment(text)
    check(_from_dotenv(outputs.dotenv(found).text.encode()), found)


def _from_dotenv(raw: bytes) -> dict[str, str]:
    read = readers.dotenv(raw)
    assert all(key.startswith("MREG_") for key in read)
    return {key.removeprefix("MREG_").lower(): readers.printf_b(it) for key, it in read.items()}


@pytest.mark.parametrize("shell", SHELLS)
def test_printf_reads_the_escapes_of_a_dotenv_report(shell: str) -> None:
    text = "".join(CORPUS[:-1])
    found = Deployment("none", message=text)
    line = outputs._escaped(text)  # all of it does not fit a report
    command = [shell, *(["sh"] if shell == "busybox" else []), "-c", 'printf "%b" "$TEXT"']
    done = subprocess.run(command, env={"TEXT": line}, capture_output=True, check=True)
    assert done.stdout.decode() == found.message


@pytest.mark.parametrize("text", CORPUS, ids=IDS)
def test_a_shell_evaluates_to_the_same_values(text: str) -> None:
    check_shell(deployment(text), "sh")


@pytest.mark.parametrize("shell", [it for it in SHELLS if it != "busybox"])
def test_every_shell_evaluates_to_the_same_values(shell: str) -> None:
    check_shell(deployment("".join(CORPUS[:-1])), shell)


def check_shell(found: Deployment, shell: str) -> None:
    """Hold what a shell makes of our lines against what was to be said."""
    written = outputs.shell(found).text
    keys = outputs.flat(found).values
    names = {outputs.variable(it): it for it in keys}
    read = readers.shell(written.encode(), list(names), with_=shell)
    check({names[it]: value for it, value in read.items()}, found)
    assert readers.commands(written) == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", written)


# Metrics


def test_two_metrics_that_would_have_the_same_key_have_none() -> None:
    """In GitHub's expressions keys are the same in either case."""
    metrics: dict[str, float] = {
        "f1.macro": 1,
        "f1-macro": 2,
        "AUC": 3,
        "auc": 4,
        "loss": 5,
        "": 6,
        "a b": 7,
    }
    values, ambiguous = outputs.flat(Deployment("register", metrics=metrics))
    keys = {key: it for key, it in values.items() if key.startswith("metrics_")}
    assert keys == {"metrics_loss": "5", "metrics_": "6", "metrics_a_b": "7"}
    assert ambiguous == ("f1.macro", "f1-macro", "AUC", "auc")
    assert json.loads(values["metrics"]) == metrics
    for written in (outputs.shell, outputs.dotenv):
        said = written(Deployment("register", metrics=metrics)).left_out
        assert [it.split("'")[1] for it in said] == list(ambiguous)


def test_no_metric_can_take_the_place_of_a_field() -> None:
    found = Deployment("register", version="v1", metrics=dict.fromkeys(Deployment._fields, 0))
    values = outputs.flat(found).values
    assert values["version"] == "v1"
    assert values["metrics_version"] == "0"


# GitLab's limits


def test_a_dotenv_report_has_no_more_variables_than_gitlab_takes() -> None:
    found = Deployment("register", metrics={f"m{number:02}": number for number in range(99)})
    text, left_out = outputs.dotenv(found)
    assert len(readers.dotenv(text.encode())) == outputs.MOST_VARIABLES
    (said,) = left_out
    assert said.startswith("metrics_m27 and the values after it are omitted")


@pytest.mark.parametrize("key", ["message", "description", "path"])
def test_what_is_too_long_for_a_dotenv_report_is_left_out_and_said_so(key: str) -> None:
    found = deployment("x")
    values = found._asdict() | {key: "\n" * 1100}
    found = Deployment(**values)
    text, left_out = outputs.dotenv(found)
    read = _from_dotenv(text.encode())
    assert read[key] == ""
    assert f"{key} is omitted from the dotenv file: GitLab accepts less than 5 KiB" in left_out
    assert read["version"] == found.version


def test_what_tells_an_event_is_never_left_out() -> None:
    with pytest.raises(Refused, match="does not fit into a dotenv file"):
        outputs.dotenv(deployment("x")._replace(artifact="a" * 6000))


# Logs


@pytest.mark.parametrize("text", CORPUS, ids=IDS)
def test_no_line_of_what_is_said_is_a_command(text: str) -> None:
    said = log.inert(f"first\n{text}\n  {text}")
    assert readers.commands(said.replace("\r", "\\r")) == []  # the command line shows a return
    assert said.replace("\\", "") == f"first\n{text}\n  {text}".replace("\\", "")


def test_a_text_that_no_variable_can_hold_is_made_one_that_can() -> None:
    assert plain("a\0b\udcffc") == "a\ufffdb\ufffdc"
    assert plain(None) is None
