"""Imports from SageMaker's model registry, asked through the real boto3; moto answers for AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from commandline import CommandLine
from mreg import Registry
from mreg.errors import RemoteError, UsageError
from mreg.importers.sagemaker import SagemakerSource
from repositories import Maker, Repository, isolated

REGION = "eu-west-1"
DATA = b"model.tar.gz\0\r\n"
APPROVALS = ("Approved", "Rejected", "Approved", "PendingManualApproval")


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's settings and credentials out of the tests."""
    for name in os.environ:
        if name.startswith(("AWS_", "GIT_", "MREG_")):
            monkeypatch.delenv(name)
    for name, value in isolated(tmp_path_factory.mktemp("home")).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A registry with two groups, of which one is empty."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        place = {"LocationConstraint": REGION}
        bucket = boto3.client("s3", REGION)
        bucket.create_bucket(Bucket="models", CreateBucketConfiguration=place)
        bucket.put_object(Bucket="models", Key="churn/model.tar.gz", Body=DATA)
        made = boto3.client("sagemaker", REGION)
        made.create_model_package_group(
            ModelPackageGroupName="churn", ModelPackageGroupDescription="Who leaves"
        )
        made.create_model_package_group(
            ModelPackageGroupName="empty", ModelPackageGroupDescription="Nothing"
        )
        for number, approval in enumerate(APPROVALS, start=1):
            _add(made, f"Number {number}", approval)
        yield made


def _add(client: Any, description: str, approval: str, key: str = "churn/model.tar.gz") -> None:
    container = {"Image": "123.dkr.ecr/xgboost:1", "ModelDataUrl": f"s3://models/{key}"}
    client.create_model_package(
        ModelPackageGroupName="churn",
        ModelPackageDescription=description,
        ModelApprovalStatus=approval,
        InferenceSpecification={
            "Containers": [{**container, "Framework": "XGBOOST", "FrameworkVersion": "1.7"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Maker(tmp_path, tmp_path)()


@pytest.fixture
def mreg(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(capsys, monkeypatch)


IMPORT = ("import", "sagemaker", "--region", REGION)


def test_versions_and_what_is_approved(client: Any, repo: Repository, mreg: CommandLine) -> None:
    planned = mreg.ok(*IMPORT, "--plan", repo=repo)
    assert "churn@v4.0.0" in planned.out
    assert (
        "note: churn: version 3 is approved: use --approved-stage STAGE to promote it"
        in planned.err
    )
    assert not Registry.open(repo.path).names()
    done = mreg.ok(*IMPORT, "--approved-stage", "prod", repo=repo)
    assert done.out.splitlines()[0] == "Imported churn as churn: 4 versions, 1 promotion"
    registry = Registry.open(repo.path)
    assert registry.resolve("churn#prod").version == "v3.0.0"
    said = registry.annotation("churn@v3.0.0")
    assert said.path == "s3://models/churn/model.tar.gz"
    assert said.framework == ("xgboost", "1.7")
    assert said.description == "Who leaves"
    assert said.custom["sagemaker"]["approval"] == "Approved"
    (first,) = (it for it in registry.history("churn") if it.version == "v1.0.0")
    arn = client.list_model_packages(ModelPackageGroupName="churn", SortOrder="Ascending")
    arns = {it["ModelPackageVersion"]: it for it in arn["ModelPackageSummaryList"]}
    assert first.trailers["Imported-From"] == arns[1]["ModelPackageArn"]
    assert first.created_at.timestamp() == int(arns[1]["CreationTime"].timestamp())
    assert first.message.startswith("Number 1\n\nImported from SageMaker in eu-west-1")


def test_again_and_a_later_approval(client: Any, repo: Repository, mreg: CommandLine) -> None:
    words = (*IMPORT, "churn", "--approved-stage", "prod", "--map", "churn=risk")
    mreg.ok(*words, repo=repo)
    before = repo.refs()
    assert mreg.ok(*words, repo=repo).out == "1 model had no changes\n"
    assert repo.refs() == before
    (newest,) = (
        it["ModelPackageArn"]
        for it in client.list_model_packages(ModelPackageGroupName="churn")[
            "ModelPackageSummaryList"
        ]
        if it["ModelPackageVersion"] == 4
    )
    client.update_model_package(ModelPackageArn=newest, ModelApprovalStatus="Approved")
    _add(client, "Number 5", "Rejected")
    mreg.ok(*IMPORT, "churn", "--approved-stage", "prod", repo=repo)
    registry = Registry.open(repo.path)
    assert registry.resolve("risk#prod").version == "v4.0.0"
    assert registry.resolve("risk@latest").version == "v5.0.0"


@pytest.mark.parametrize("keep", ["git", "lfs"])
def test_the_files(client: Any, repo: Repository, mreg: CommandLine, keep: str) -> None:
    mreg.ok(*IMPORT, "churn", "--bytes", keep, repo=repo)
    registry = Registry.open(repo.path)
    assert registry.annotation("churn@v1.0.0").path == "models/churn/model.tar.gz"
    assert registry.get("churn@v1.0.0").read_bytes() == DATA
    _add(client, "Lost", "Approved", "gone.tar.gz")
    before = repo.refs()
    done = mreg(*IMPORT, "churn", "--bytes", keep, repo=repo)
    assert done.code == 1
    assert "failed: churn: version 5: s3://models/gone.tar.gz: " in done.err
    assert repo.refs() == before


def test_a_digest_that_s3_knows_is_recorded(
    client: Any, repo: Repository, mreg: CommandLine
) -> None:
    bucket = boto3.client("s3", REGION)
    bucket.put_object(
        Bucket="models", Key="churn/model.tar.gz", Body=DATA, ChecksumAlgorithm="SHA256"
    )
    mreg.ok(*IMPORT, repo=repo)
    import hashlib

    said = Registry.open(repo.path).annotation("churn@v1.0.0")
    assert said.sha256 == hashlib.sha256(DATA).hexdigest()


def test_without_credentials_region_or_group(
    repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no region"):
        SagemakerSource()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RemoteError, match=r"(?i)credentials"):
        SagemakerSource(REGION).names()
    with mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        done = mreg(*IMPORT, "churn", repo=repo)
        assert (done.code, done.err.splitlines()[0]) == (1, "error: there is no model 'churn'")
