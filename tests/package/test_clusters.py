"""`mreg package --as kserve` and `--as kubernetes`: manifests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from commandline import CommandLine
from models_to_package import MODEL, SOURCE, with_model
from mreg.errors import MregError, Refused, UsageError
from mreg.integrations import address
from mreg.package import ClusterOptions, manifests
from repositories import Lightweight, Maker, Repository, Tag

KSERVE = ("--as", "kserve", "--source", SOURCE)
FOLLOWING = ("--as", "kubernetes", "--source", SOURCE)
DIGEST = f"sha256:{'0' * 64}"
PINNED = f"registry.example.com/churn@{DIGEST}"
IMAGE = ("--image", "registry.example.com/churn:1")


def read(text: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(text))


def one_of(mreg: CommandLine, repo: Repository, *arguments: str) -> Any:
    [found] = read(mreg.ok("package", *arguments, repo=repo).out)
    return found


def two_of(mreg: CommandLine, repo: Repository, *arguments: str) -> tuple[Any, Any]:
    deployment, service = read(mreg.ok("package", *arguments, repo=repo).out)
    assert (deployment["kind"], service["kind"]) == ("Deployment", "Service")
    return deployment, service


def expanded(text: str) -> str:
    """Do what Kubernetes does to arguments and to values of the environment."""
    return re.sub(r"\$\$|\$\([^)]*\)", lambda it: "$" if it[0] == "$$" else it[0], text)


# KServe


def test_an_inference_service_is_pinned_by_the_tag_object(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    found = one_of(mreg, repo, "churn#prod", *KSERVE)
    assert (found["apiVersion"], found["kind"]) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
    )
    oid = repo.git("rev-parse", "churn@v1.2.0").strip()
    model = found["spec"]["predictor"]["model"]
    assert model["modelFormat"] == {"name": "onnx"}
    uri = model["storageUri"]
    assert uri == f"mreg+{SOURCE}/churn@v1.2.0?oid={oid}"
    read_back = address.parse_version(uri)
    assert read_back
    assert read_back.selector == "churn@v1.2.0"
    assert found["metadata"]["annotations"]["dev.mreg.tag.oid"] == oid
    assert found["metadata"]["labels"]["app.kubernetes.io/version"] == "v1.2.0"
    assert "namespace" not in found["metadata"]


def test_the_same_version_makes_the_same_manifest(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    repo = with_model(make_repository)
    first = mreg.ok("package", "churn#prod", *KSERVE, repo=repo).out
    mreg.ok("package", "churn@v1.2.0", *KSERVE, "--to", f"{tmp_path}/", repo=repo)
    assert (tmp_path / "churn.yaml").read_text() == first
    assert first.startswith("# churn v1.2.0\n")


def test_an_image_with_the_files_is_pinned_by_the_digest_that_it_will_have(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    # What `--as oci` says depends on --source, as this does.
    digest = mreg.ok("package", "churn", "--source", SOURCE, "--digest", repo=repo).out.strip()
    for scheme in ("oci", "oci+native", "oci+fetch", "oci+modelcar"):
        storage = f"{scheme}://registry.example.com:5000/models/churn"
        found = one_of(mreg, repo, "churn", *KSERVE, "--storage", storage)
        assert found["spec"]["predictor"]["model"]["storageUri"] == f"{storage}@{digest}"
    named = f"oci://registry.example.com/churn@{DIGEST}"
    found = one_of(mreg, repo, "churn", *KSERVE, "--storage", named)
    assert found["spec"]["predictor"]["model"]["storageUri"] == named


def test_an_image_with_the_server_is_run_by_its_digest(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    found = one_of(mreg, repo, "churn", *KSERVE, "--image", PINNED, "--replicas", "3")
    predictor = found["spec"]["predictor"]
    [container] = predictor["containers"]
    assert container["image"] == PINNED
    assert container["name"] == "kserve-container"
    assert container["securityContext"]["runAsNonRoot"] is True
    assert "args" not in container
    assert predictor["minReplicas"] == 3
    found = one_of(mreg, repo, "churn", *KSERVE, "--image", PINNED, "--trust-pickle")
    [container] = found["spec"]["predictor"]["containers"]
    assert container["args"][0] == "./version"
    assert container["args"][-1] == "--trust-pickle"


@pytest.mark.parametrize(
    "more",
    [
        ("--image", "registry.example.com/churn:latest"),
        ("--image", f"a b@{DIGEST}"),
        ("--image", PINNED, "--storage", "oci://registry.example.com/churn"),
        ("--image", PINNED, "--model-format", "onnx"),
        ("--storage", "s3://bucket/churn"),
        ("--storage", "oci://registry.example.com/Churn"),
        ("--storage", "oci://user:secret@registry.example.com/churn"),
        ("--name", "Churn"),
        ("--name", "a" * 41),
        ("--namespace", "a: b"),
        ("--model-format", "a\nb"),
        ("--requests", "cpu"),
        ("--limits", "memory=1 Gi"),
        ("--limits", "memory=-1"),
        ("--to", "oci://registry.example.com/churn"),
        ("--source", "/srv/models"),
        ("--source", "git://git.example.com/models"),
        ("--source", ""),
        ("--image", ""),
        ("--storage", ""),
    ],
    ids=lambda it: " ".join(it)[:50],
)
def test_what_no_manifest_could_say_is_refused(
    more: tuple[str, ...], mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    done = mreg("package", "churn", *KSERVE, *more, repo=repo)
    assert done.code == 2, done.err
    assert done.out == ""
    assert "secret" not in done.err
    assert "Traceback" not in done.err


def test_a_registry_of_this_machine_alone_is_refused(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    done = mreg("package", "churn", "--as", "kserve", repo=repo)
    assert done.code == 2
    assert "--source" in done.err
    repo.git("remote", "add", "origin", f"file://{repo.path}")
    done = mreg("package", "churn", "--as", "kserve", repo=repo)
    assert done.code == 2
    assert "only on this machine" in done.err


def test_no_password_of_the_remote_is_written_down(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    repo.git("remote", "add", "origin", "https://user:secret@git.example.com/models.git")
    for arguments in (("--as", "kserve"), ("--as", "kubernetes", *IMAGE)):
        said = mreg.ok("package", "churn#prod", *arguments, repo=repo).out
        assert "git.example.com/models.git" in said
        assert "secret" not in said


def test_a_repository_by_ssh_is_named_as_a_uri(mreg: CommandLine, make_repository: Maker) -> None:
    artifact, files = "team/nlp=ner/de", {"team/nlp/m.onnx": MODEL}
    repo = with_model(
        make_repository,
        artifact=artifact,
        version="v1.0.0+cuda12",
        files=files,
        path="m.onnx",
        schema=None,
    )
    arguments = ("--as", "kserve", "--source", "git@git.example.com:team/models.git")
    found = one_of(mreg, repo, "team/nlp:ner/de", *arguments)
    uri = found["spec"]["predictor"]["model"]["storageUri"]
    start = "mreg+ssh://git@git.example.com/team/models.git/"
    assert uri.startswith(f"{start}team~nlp=ner~de@v1.0.0+cuda12?oid=")
    read_back = address.parse_version(uri)
    assert read_back
    assert read_back.selector == "team/nlp:ner/de@v1.0.0+cuda12"
    assert found["metadata"]["name"] == "team-nlp-ner-de"
    assert found["metadata"]["labels"]["app.kubernetes.io/version"] == "v1.0.0_cuda12"


FORMATS = {
    "onnx": ("churn.onnx", MODEL),
    "lightgbm": ("churn.txt", b"tree\nversion=v4\n"),
    "xgboost": ("churn.json", b'{"learner": {}}'),
}


@pytest.mark.parametrize("named", FORMATS)
def test_the_format_is_that_of_the_files(
    named: str, mreg: CommandLine, make_repository: Maker
) -> None:
    name, content = FORMATS[named]
    repo = with_model(make_repository, files={name: content}, path=name, schema=None)
    found = one_of(mreg, repo, "churn", *KSERVE)
    assert found["spec"]["predictor"]["model"]["modelFormat"] == {"name": named}


def test_the_format_of_a_folder_is_that_of_what_is_in_it(
    mreg: CommandLine, make_repository: Maker
) -> None:
    files = {"m/MLmodel": b"flavors: {}\n", "m/data/model.pkl": b"\x80\x04."}
    repo = with_model(make_repository, files=files, path="m", schema=None)
    found = one_of(mreg, repo, "churn", *KSERVE)
    assert found["spec"]["predictor"]["model"]["modelFormat"] == {"name": "mlflow"}


@pytest.mark.parametrize("content", [b"\x80\x04.", b"what is it"])
def test_a_model_that_no_server_reads_unasked_is_refused(
    content: bytes, mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository, files={"m.bin": content}, path="m.bin", schema=None)
    done = mreg("package", "churn", *KSERVE, repo=repo)
    assert done.code == 1
    assert "--image NAME@sha256:..." in done.err
    found = one_of(mreg, repo, "churn", *KSERVE, "--model-format", "sklearn")
    assert found["spec"]["predictor"]["model"]["modelFormat"] == {"name": "sklearn"}


# A Deployment that follows


def test_a_deployment_follows_its_stage(mreg: CommandLine, make_repository: Maker) -> None:
    repo = with_model(make_repository)
    deployment, service = two_of(mreg, repo, "churn#prod", *FOLLOWING, *IMAGE)
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"] == ["mreg", "serve"]
    assert container["args"] == [
        *("churn#prod", "--repo", SOURCE, "--host", "0.0.0.0", "--port", "8080"),
    ]
    assert {it["name"] for it in container["env"]} == {"HOME", "MREG_CACHE_DIR"}
    mounted = {it["name"] for it in container["volumeMounts"]}
    assert mounted == {it["name"] for it in pod["volumes"]}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["metadata"]["name"] == deployment["metadata"]["name"] == "churn-prod"
    [port] = service["spec"]["ports"]
    assert port["targetPort"] in {it["name"] for it in container["ports"]}
    assert pod["automountServiceAccountToken"] is False
    assert "topologySpreadConstraints" not in pod


def test_a_deployment_is_the_same_whatever_the_stage_holds(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    first = mreg.ok("package", "churn#prod", *FOLLOWING, *IMAGE, repo=repo).out
    repo.git("commit", "-q", "--allow-empty", "-m", "More")
    mreg.ok("register", "churn", "--bump", "minor", repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)
    assert mreg.ok("package", "churn#prod", *FOLLOWING, *IMAGE, repo=repo).out == first


def test_what_a_deployment_is_given(mreg: CommandLine, make_repository: Maker) -> None:
    repo = with_model(make_repository)
    more = ["--replicas", "5", "--requests", "cpu=2", "--limits", "memory=4Gi,nvidia.com/gpu=1"]
    more += ("--spread", "topology.kubernetes.io/zone", "--namespace", "models", "--name", "risk")
    deployment, service = two_of(
        mreg, repo, "churn#prod", *FOLLOWING, *IMAGE, *more, "--trust-pickle"
    )
    assert deployment["spec"]["replicas"] == 5
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "2"},
        "limits": {"memory": "4Gi", "nvidia.com/gpu": "1"},
    }
    assert container["args"][-1] == "--trust-pickle"
    [spread] = pod["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    for it in (deployment, service):
        assert it["metadata"]["namespace"] == "models"
        assert it["metadata"]["name"] == "risk"


def test_a_deployment_needs_a_stage_an_image_and_a_holder(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    done = mreg("package", "churn@v1.2.0", *FOLLOWING, *IMAGE, repo=repo)
    assert (done.code, "is not a stage" in done.err) == (2, True)
    done = mreg("package", "churn#prod", *FOLLOWING, repo=repo)
    assert (done.code, "no image is given" in done.err) == (2, True)
    assert mreg("package", "churn#dev", *FOLLOWING, *IMAGE, repo=repo).code == 1
    done = mreg("package", "churn#prod", *FOLLOWING, "--image", "a b", repo=repo)
    assert done.code == 2


def login(mreg: CommandLine, repo: Repository, url: str) -> tuple[dict[str, str], Any]:
    """Return the environment of a container with a Secret, as Kubernetes gives it."""
    source = ("--as", "kubernetes", "--source", url, "--secret", "git-login")
    deployment, _ = two_of(mreg, repo, "churn#prod", *source, *IMAGE)
    pod = deployment["spec"]["template"]["spec"]
    [volume] = [it["secret"] for it in pod["volumes"] if "secret" in it]
    assert volume == {"secretName": "git-login", "defaultMode": 0o440}
    [container] = pod["containers"]
    return {it["name"]: expanded(it["value"]) for it in container["env"]}, container


def test_git_logs_in_by_a_secret_at_that_host_alone(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    repo = with_model(make_repository)
    environment, _ = login(mreg, repo, "https://git.example.com/models.git")
    (tmp_path / "username").write_text("mreg")
    (tmp_path / "password").write_text('p"a $(id) `x`\\n')
    for key, it in environment.items():
        environment[key] = it.replace("/etc/mreg/login", str(tmp_path))
    for host, known in (("git.example.com", True), ("other.example.com", False)):
        done = subprocess.run(
            ["git", "credential", "fill"],
            input=f"protocol=https\nhost={host}\n\n",
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert ("username=mreg\n" in done.stdout) is known
        assert ('password=p"a $(id) `x`\\n\n' in done.stdout) is known, done.stdout


def test_ssh_takes_the_key_and_the_known_hosts_of_a_secret(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    environment, container = login(mreg, repo, "git@git.example.com:models.git")
    assert "StrictHostKeyChecking=yes" in environment["GIT_SSH_COMMAND"]
    assert container["args"][2] == "git@git.example.com:models.git"
    done = mreg(
        *("package", "churn#prod", "--as", "kubernetes", "--secret", "a", *IMAGE),
        *("--source", f"file://{repo.path}"),
        repo=repo,
    )
    assert (done.code, "does not use one" in done.err) == (2, True)


# Names


def test_two_that_would_have_one_name_are_told(mreg: CommandLine, make_repository: Maker) -> None:
    repo = with_model(make_repository)
    one = with_model(make_repository, artifact="Churn", name="one")
    names = [*(f"nlp/a#{it}" for it in ("prod", "b/c")), "nlp/a-b#c", "Churn#prod"]
    for number, it in enumerate(names):
        repo.git("tag", "-a", "-m", "Promote", f"{it}#{number + 10}", "main")
    done = mreg("package", "churn@v1.2.0", *KSERVE, repo=repo)
    assert (done.code, "and Churn would both" in done.err) == (1, True)
    assert one_of(mreg, repo, "churn", *KSERVE, "--name", "other")["metadata"]["name"] == "other"
    assert one_of(mreg, one, "Churn", *KSERVE)["metadata"]["name"] == "churn"
    done = mreg("package", "nlp/a#b/c", *FOLLOWING, *IMAGE, repo=repo)
    assert (done.code, "and nlp/a-b#c would both" in done.err) == (1, True)
    two_of(mreg, repo, "nlp/a#prod", *FOLLOWING, *IMAGE)


@given(st.text(alphabet="abzABZ0189_/-:#", min_size=1, max_size=300), st.sampled_from((40, 63)))
def test_every_name_is_one_that_kubernetes_takes(text: str, longest: int) -> None:
    found = manifests.name(text, longest)
    # RFC 1035, which RFC 1123 contains but for the first character
    assert re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", found)
    assert len(found) <= longest


def test_long_names_that_begin_alike_differ() -> None:
    assert manifests.name("a" * 100) != manifests.name("a" * 101)
    with pytest.raises(Refused):
        manifests.chosen(None, "a/b", ["a/b", "a-b"])
    assert manifests.chosen(None, "a/b", ["a/b", "ab"]) == "a-b"


@given(st.dictionaries(st.just("key"), st.text(max_size=80)))
def test_no_label_has_a_value_that_labels_may_not_have(said: dict[str, str]) -> None:
    for value in manifests.labels(said).values():
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", value)


# Hostile texts


HOSTILE = (
    *("a: b", "- a", "$(HOME)", "${HOME}", "`id`", "*a", "&a", "!a", "{{ a }}", "#a", "yes"),
    *("1e3", "0x10", "~", "a\nb: c", "a\r\nkind: Pod", "---", "\u2028", "'", '"'),
)


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_whatever_stands_in_a_manifest_comes_back_as_it_was(text: str) -> None:
    said = {"kind": "ConfigMap", "annotations": {text: text}, "args": [text]}
    written = manifests.text([text, "#"], [said, said])
    assert read(written) == [said, said]
    heading = [it for it in written.splitlines() if it.startswith("#")]
    assert len(heading) == 2


@pytest.mark.parametrize("field", ["namespace", "secret", "spread", "model_format"])
@pytest.mark.parametrize("text", ["", "a b", "a\nb", "-a", "$(A)", "a" * 300, "a: b", "é", "aéb"])
def test_no_option_takes_what_is_no_name(field: str, text: str) -> None:
    with pytest.raises(UsageError):
        manifests.checked(ClusterOptions()._replace(**{field: text}))  # type: ignore[arg-type]


def test_a_variable_of_kubernetes_in_a_url_stays_a_text(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = with_model(make_repository)
    url = "https://git.example.com/$(KUBERNETES_SERVICE_HOST)/$$a.git"
    deployment, _ = two_of(mreg, repo, "churn#prod", "--as", "kubernetes", "--source", url, *IMAGE)
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert expanded(container["args"][2]) == url
    found = one_of(mreg, repo, "churn", "--as", "kserve", "--source", url)
    assert "$" not in found["spec"]["predictor"]["model"]["storageUri"]


def test_what_is_no_version_is_refused(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository([Tag("churn#prod#1"), Lightweight("other@v1.0.0")])
    done = mreg("package", "churn#prod", *KSERVE, repo=repo)
    assert done.code == 1
    assert "the bare commit" in done.err
    with pytest.raises(MregError):
        manifests.pinned("")


def test_a_place_that_cannot_be_written_is_told(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    repo = with_model(make_repository)
    (tmp_path / "file").write_text("")
    done = mreg("package", "churn", *KSERVE, "--to", str(tmp_path / "file" / "x"), repo=repo)
    assert done.code == 1
    assert "cannot write" in done.err
    said = mreg.ok(
        "package", "churn", *KSERVE, "--to", str(tmp_path / "m.yaml"), "--json", repo=repo
    )
    assert said.json["files"] == ["m.yaml"]
    assert said.json["kind"] == "kserve"
