"""Releases in the AWS account: an S3 bucket keeps every deployed bundle and template."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.bundle import digest_of

_DIGEST_CHARACTERS: Final = 12
_PRIVATE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True, slots=True)
class Release:
    """Deployable template in the bucket. Names sort by time."""

    name: str
    template_url: str


class Releases:
    def __init__(self, session: Any, account: str, region: str) -> None:
        self._s3 = session.client("s3", region_name=region)
        self._region = region
        self._bucket = f"p2p-lending-releases-{account}-{region}"

    def upload(self, folder: Path, stage: str) -> Release:
        """Upload a built release of a stage; create the bucket on first use."""
        self._create_bucket()
        archive = folder / "deployment.zip"
        code = f"code/{digest_of(archive)}.zip"
        if not self._contains(code):
            self._s3.upload_file(str(archive), self._bucket, code)
        template = json.loads((folder / "template.json").read_text(encoding="utf-8"))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": self._bucket, "Key": code}
        text = json.dumps(template, separators=(",", ":")).encode()
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(text).hexdigest()[:_DIGEST_CHARACTERS]}"
        self._s3.put_object(Bucket=self._bucket, Key=self._key(stage, name), Body=text)
        return self.of_name(stage, name)

    def of_name(self, stage: str, name: str) -> Release:
        host = self._s3.meta.endpoint_url.rstrip("/")
        return Release(name, f"{host}/{self._bucket}/{self._key(stage, name)}")

    def names(self, stage: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"templates/{stage}/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return sorted(Path(key).stem for key in keys)

    def _key(self, stage: str, name: str) -> str:
        return f"templates/{stage}/{name}.json"

    def _contains(self, key: str) -> bool:
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return bool(found.get("KeyCount"))

    def _create_bucket(self) -> None:
        if self._bucket in (bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]):
            return
        # S3 rejects us-east-1 as a location constraint.
        constraint = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(Bucket=self._bucket, **(constraint if self._region != "us-east-1" else {}))
        self._s3.put_public_access_block(Bucket=self._bucket, PublicAccessBlockConfiguration=_PRIVATE)
        self._s3.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})
