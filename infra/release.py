"""Releases in the account: a bucket of their own keeps every bundle and every template that was ever deployed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.bundle import digest_of

_SHORT: Final = 12
_OURS_ALONE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True, slots=True)
class Release:
    """A deployable template in the bucket. ``name`` sorts by time."""

    name: str
    template_url: str


class Releases:
    """The bucket. ``session`` is a boto3 session (or what makes clients like one)."""

    def __init__(self, session: Any, account: str, region: str) -> None:
        self._s3 = session.client("s3", region_name=region)
        self._region = region
        self._bucket = f"p2p-lending-releases-{account}-{region}"

    def upload(self, folder: Path, stage: str) -> Release:
        """Put a built release of a stage into the bucket, which is made on first use."""
        self._make_bucket()
        archive = folder / "deployment.zip"
        code = f"code/{digest_of(archive)}.zip"
        if not self._holds(code):
            self._s3.upload_file(str(archive), self._bucket, code)
        template = json.loads((folder / "template.json").read_text(encoding="utf-8"))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": self._bucket, "Key": code}
        text = json.dumps(template, separators=(",", ":")).encode()
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(text).hexdigest()[:_SHORT]}"
        self._s3.put_object(Bucket=self._bucket, Key=self._key(stage, name), Body=text)
        return self.of_name(stage, name)

    def of_name(self, stage: str, name: str) -> Release:
        """A release that was uploaded before."""
        host = self._s3.meta.endpoint_url.rstrip("/")
        return Release(name, f"{host}/{self._bucket}/{self._key(stage, name)}")

    def names(self, stage: str) -> list[str]:
        """All releases of a stage, oldest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"templates/{stage}/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return sorted(Path(key).stem for key in keys)

    def _key(self, stage: str, name: str) -> str:
        return f"templates/{stage}/{name}.json"

    def _holds(self, key: str) -> bool:
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return bool(found.get("KeyCount"))

    def _make_bucket(self) -> None:
        if self._bucket in (bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]):
            return
        # The oldest region is the one that must not be named.
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(Bucket=self._bucket, **(elsewhere if self._region != "us-east-1" else {}))
        self._s3.put_public_access_block(Bucket=self._bucket, PublicAccessBlockConfiguration=_OURS_ALONE)
        self._s3.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})
