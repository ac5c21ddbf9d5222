"""SageMaker's model registry as a source: groups of model packages, asked through boto3.

A package is known by its ARN, of which the last part is its version, an integer. SageMaker keeps no
aliases; an approval says of each version whether it may be used.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModelPackage.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mreg.errors import RemoteError, UsageError
from mreg.importers.source import ImportSource, SourceModel, SourceVersion, VersionDetails
from mreg.system import distribution

_COMPLETED, _APPROVED = "Completed", "Approved"


class SagemakerSource(ImportSource):
    """The model package groups of an account in a region."""

    kind = "sagemaker"

    def __init__(self, region: str | None = None, approved_stage: str = "") -> None:
        """Take the region and credentials as boto3 finds them; nothing is asked yet.

        Args:
            region: the region; None: as boto3's own settings say.
            approved_stage: the stage that the highest approved version of each group holds;
                empty: none.

        Raises:
            UsageError: boto3 is not installed, or there is no region.
        """
        try:
            import boto3
        except ModuleNotFoundError:
            hint = f"run `{distribution.command('sagemaker')}`"
            raise UsageError("boto3 is not installed", hint=hint) from None
        self._session = boto3.Session(region_name=region)
        if not self._session.region_name:
            raise UsageError(
                "no region is set", hint="use --region NAME, or set AWS_DEFAULT_REGION"
            )
        self._approved_stage = approved_stage
        self.address = f"sagemaker:{self._session.region_name}"
        self.title = f"SageMaker in {self._session.region_name}"

    def names(self) -> Sequence[str]:
        """Return the names of the model package groups."""
        found = self._pages("list_model_package_groups", "ModelPackageGroupSummaryList")
        return [str(it["ModelPackageGroupName"]) for it in found]

    def models(self, names: Sequence[str]) -> Sequence[SourceModel]:
        """Return some of the groups."""
        return [self._model(it) for it in names]

    def details(
        self, model: SourceModel, version: SourceVersion, folder: Path | None
    ) -> VersionDetails:
        """Return what a model package says of itself."""
        container = _container(self._described[version.key])
        name, number = container.get("Framework"), container.get("FrameworkVersion")
        framework = {"name": str(name).lower(), **({"version": number} if number else {})}
        url = str(container.get("ModelDataUrl") or "")
        fields = {"framework": framework if name else {}}
        digest = "" if folder or not url else self._digest(url)
        return VersionDetails({**fields, "sha256": digest}, {"image": container.get("Image")}, url)

    def download(self, model: SourceModel, version: SourceVersion, folder: Path) -> None:
        """Download a model package's data, mostly a model.tar.gz, from its bucket."""
        url = str(_container(self._described[version.key]).get("ModelDataUrl") or "")
        if not url:
            raise RemoteError("it has no ModelDataUrl")
        bucket, key = _place(url)
        with _asking(url):
            self._bucket.download_file(bucket, key, str(folder / (Path(key).name or "model")))

    # What AWS is asked

    @cached_property
    def _client(self) -> Any:
        with _asking(self.title):
            return self._session.client("sagemaker")

    @cached_property
    def _bucket(self) -> Any:
        with _asking(self.title):
            return self._session.client("s3")

    @cached_property
    def _described(self) -> dict[str, Mapping[str, Any]]:
        """The descriptions that were read, by ARN."""
        return {}

    def _pages(self, operation: str, key: str, **asked: Any) -> Iterator[Any]:
        token: dict[str, str] = {}
        while True:
            with _asking(self.title):
                page = getattr(self._client, operation)(**asked, **token)
            yield from page[key]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _digest(self, url: str) -> str:
        """Return the SHA-256 of an object, if S3 knows it of the whole; else nothing."""
        bucket, key = _place(url)
        try:
            with _asking(url):
                head = self._bucket.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        except RemoteError:  # whoever may read the registry need not read the bucket
            return ""
        said = head.get("ChecksumSHA256", "")
        return base64.b64decode(said).hex() if said and "-" not in said else ""

    # What it answers, as values

    def _model(self, name: str) -> SourceModel:
        with _asking(f"the group {name}"):
            group = self._client.describe_model_package_group(ModelPackageGroupName=name)
        listed = self._pages(
            "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=name
        )
        versions = sorted((self._version(it["ModelPackageArn"]) for it in listed), key=_number)
        approved = [it for it in versions if it.about["approval"] == _APPROVED and not it.fault]
        held = {self._approved_stage: approved[-1].number} if approved else {}
        prefix = versions[0].origin.rpartition("/")[0] if versions else name
        hint = (
            (f"version {approved[-1].number} is approved: use --approved-stage STAGE to promote it")
            if approved
            else ""
        )
        return SourceModel(
            name,
            f"{prefix}/",
            str(group.get("ModelPackageGroupDescription") or ""),
            {},
            tuple(versions),
            held if self._approved_stage else {},
            tuple(filter(None, ["" if self._approved_stage else hint, *_nothing(versions)])),
        )

    def _version(self, arn: str) -> SourceVersion:
        with _asking(arn):
            said = self._client.describe_model_package(ModelPackageName=arn)
        self._described[arn] = said
        status = str(said.get("ModelPackageStatus", _COMPLETED))
        about = {
            "arn": arn,
            "approval": said.get("ModelApprovalStatus"),
            "approval_description": said.get("ApprovalDescription"),
            "user": (said.get("CreatedBy") or {}).get("UserProfileName"),
            "commit": (said.get("MetadataProperties") or {}).get("CommitId"),
            "repository": (said.get("MetadataProperties") or {}).get("Repository"),
            "source": _container(said).get("ModelDataUrl"),
            "statistics": (
                ((said.get("ModelMetrics") or {}).get("ModelQuality") or {}).get("Statistics") or {}
            ).get("S3Uri"),
        }
        return SourceVersion(
            str(said["ModelPackageVersion"]),
            int(said["CreationTime"].timestamp() * 1000),
            arn,
            str(said.get("ModelPackageDescription") or ""),
            dict(said.get("CustomerMetadataProperties") or {}),
            about,
            "" if status == _COMPLETED else f"its status in SageMaker is {status}",
            arn,
        )


def _number(it: SourceVersion) -> int:
    return int(it.number)


def _nothing(versions: Sequence[SourceVersion]) -> list[str]:
    return [] if versions else ["it has no versions"]


def _container(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first container of a model package, which has the model."""
    found = (said.get("InferenceSpecification") or {}).get("Containers") or [{}]
    container: Mapping[str, Any] = found[0]
    return container


def _place(url: str) -> tuple[str, str]:
    """Return the bucket and the key of an object.

    Raises:
        RemoteError: it is none of S3's.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.path.strip("/"):
        raise RemoteError(f"{url} is not an object in S3")
    return parts.netloc, parts.path.lstrip("/")


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """Turn what boto3 raises into an error of ours."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, OSError) as error:
        hint = "run `aws sts get-caller-identity` to check your login"
        raise RemoteError(f"{what}: {error}", hint=hint) from None
