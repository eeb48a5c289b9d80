"""The one place that speaks with an S3-compatible server.

Who reads from it, and where it is, the environment says by AWS's own variables and files:
``AWS_ACCESS_KEY_ID``, a profile, a role of the machine; ``AWS_ENDPOINT_URL_S3`` or
``AWS_ENDPOINT_URL`` for a server that is not AWS's. No message of ours repeats any of it but the
server's name.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trainables.data.buckets.address import Address
from trainables.errors import DataError

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_CHUNK_BYTES = 2**20
_ATTEMPTS = 3
"""So often a file is begun whose connection breaks off in its midst."""

_SAID = {
    "NoSuchBucket": "no bucket of that name",
    "NoSuchKey": "that a file was removed meanwhile: try again",
    "PreconditionFailed": "that a file was changed meanwhile: try again",
    "412": "that a file was changed meanwhile: try again",
    "InvalidAccessKeyId": "credentials that the server does not know",
    "SignatureDoesNotMatch": "credentials that the server does not take",
    "ExpiredToken": "credentials that have expired",
    "AccessDenied": "credentials that may not read it",
    "403": "credentials that may not read it",
}
"""What an error code of the server means."""


@dataclass(frozen=True, slots=True)
class Object:
    """A file in a bucket; `name` is its path below the address, `etag` changes with its bytes."""

    key: str
    name: str
    size: int
    etag: str


class Store:
    """Reads what is at `address`; holds a client."""

    def __init__(self, address: Address) -> None:
        """Connect to nothing yet.

        Raises:
            DataError: the package that speaks with S3 is not installed.
        """
        self._address = address
        with _explained(address):
            self._client = _make_client()

    def list_objects(self) -> list[Object]:
        """Every file there, by name.

        Raises:
            DataError: there is none, or the server cannot be asked.
        """
        address = self._address
        with _explained(address):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=address.bucket, Prefix=address.folder
            )
            rows = [row for page in pages for row in page.get("Contents", ())]
        found = [
            Object(r["Key"], r["Key"].removeprefix(address.folder), r["Size"], r["ETag"].strip('"'))
            for r in rows
            if not r["Key"].endswith("/")  # what some tools write to show a folder
        ]
        if not found:
            raise DataError([f"{address.url} should hold files. Found none that begin so."])
        return sorted(found, key=lambda one: one.name)

    def fetch(self, one: Object, file: Path) -> None:
        """Write the bytes of `one` to `file`: all of them and no others, or raise.

        Raises:
            DataError: it is not what it was when it was listed, or cannot be read.
            OSError: `file` cannot be written.
        """
        from botocore.exceptions import HTTPClientError, IncompleteReadError

        for attempt in range(1, _ATTEMPTS + 1):
            with _explained(self._address):
                try:
                    return self._copy(one, file)
                except (HTTPClientError, IncompleteReadError):
                    if attempt == _ATTEMPTS:
                        raise
        return None

    def _copy(self, one: Object, file: Path) -> None:
        answer = self._client.get_object(
            Bucket=self._address.bucket, Key=one.key, IfMatch=f'"{one.etag}"'
        )
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with file.open("wb") as out:
            for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            out.flush()
            os.fsync(out.fileno())
        is_digest = _is_digest(one.etag, answer)
        if size != one.size or (is_digest and digest.hexdigest() != one.etag):
            raise DataError(
                [
                    f"File {one.name} of {self._address.url} should have {one.size} bytes and "
                    f"their checksum. Found {size}{' of another' if is_digest else ''}: try again."
                ]
            )


def _is_digest(etag: str, answer: dict[str, Any]) -> bool:
    """Whether `etag` is the MD5 of the bytes: not of those sent in parts, or encrypted by key."""
    return len(etag) == 32 and answer.get("ServerSideEncryption", "AES256") == "AES256"


def _make_client() -> Any:  # noqa: ANN401  boto3 makes its classes when it is called
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise DataError(
            [
                "The package boto3 should be installed to read data from a bucket. Found none: "
                "install pareto-search with the extra `s3`."
            ]
        ) from error
    # a server of one's own seldom has a name for each bucket
    style = "path" if any(name in os.environ for name in _ENDPOINTS) else "auto"
    retries = {"mode": "standard", "total_max_attempts": 4}
    config = Config(
        connect_timeout=10, read_timeout=60, retries=retries, s3={"addressing_style": style},
        max_pool_connections=16,
    )  # fmt: skip
    return boto3.session.Session().client("s3", config=config)


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    """Within it errors of boto3 become ours, which never hold what it was given to connect."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:  # `_make_client` says so
        yield
        return
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        found = _SAID.get(code, f"that the server answers {code}")
        raise DataError([f"{address.url} should be readable. Found {found}."]) from error
    except BotoCoreError as error:
        raise DataError([f"{address.url} should be readable. Found {_told(error)}."]) from error
    except ValueError as error:  # how botocore refuses an address
        found = "an endpoint or a region that is none"
        raise DataError([f"{address.url} should be readable. Found {found}."]) from error


def _told(error: Exception) -> str:
    """What `error` of boto3 means; of others their name, since their text may hold anything."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}:
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    if names & {"HTTPClientError", "ConnectionError", "IncompleteReadError"}:
        return f"no answer from {_server()}: is it up, and is AWS_ENDPOINT_URL_S3 its address?"
    if "ParamValidationError" in names:
        return "a name that no bucket may have"
    return type(error).__name__


def _server() -> str:
    """Name and port of the server, and nothing else that its address may hold."""
    named = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
    parts = urlsplit(named)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}" if parts.hostname else "AWS"
