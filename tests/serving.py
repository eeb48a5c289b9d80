"""Real servers of the tests' own: MLflow's, PostgreSQL's and one of S3's interface."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import boto3
import pytest
from sweeping import wait_for

from pareto_search.tracking.ui import server_environment

NEEDS_POSTGRES = "needs the server programs of PostgreSQL"
PASSWORD = "hunter2"
POSTGRES_FOLDERS = Path("/usr/lib/postgresql")
"""Where Debian puts what it does not put on the path."""


_REQUEST = re.compile(r'"GET /sweeps(?:/(?P<key>[^ ?"]*))?(?:\?(?P<query>[^ "]*))? HTTP')
"""A line of moto's log that says what was read."""


class MlflowServer:
    """A real MLflow server on a loopback port that can be killed and started again."""

    def __init__(self, folder: Path, store_uri: str, *options: str, **variables: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None
        self._options = options
        self._environment = {**server_environment(store_uri), **variables}

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port)]
        command += ["--workers", "1", "--artifacts-destination", str(self.folder / "artifacts")]
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self._options], env=self._environment, cwd=self.folder,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait_for(self._is_up_or_ended)
        assert self.process.poll() is None, (self.folder / "log.txt").read_text()

    def is_up(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.uri}/health", timeout=2).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _is_up_or_ended(self) -> bool:
        return self.process.poll() is not None or self.is_up()


class Postgres:
    """A PostgreSQL server on a loopback port, with its files in a folder that goes with it."""

    def __init__(self) -> None:
        programs = _find_postgres()
        self._as = {"user": "postgres"} if os.geteuid() == 0 else {}  # root it refuses
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        secret = self._folder / "secret"
        secret.write_text(PASSWORD)
        if self._as:
            shutil.chown(self._folder, "postgres")
            shutil.chown(secret, "postgres")
        port = free_port()
        self.uri = f"postgresql://mlflow:{PASSWORD}@127.0.0.1:{port}/postgres"
        data = str(self._folder / "data")
        init = [str(programs / "initdb"), "-D", data, "-U", "mlflow", "--no-sync"]
        init += ["-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale", "C"]
        subprocess.run(init, check=True, capture_output=True, cwd=self._folder, **self._as)
        serve = [str(programs / "postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port)]
        serve += ["-k", "", "-c", "fsync=off"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                serve, stdout=log, stderr=log, cwd=self._folder, start_new_session=True, **self._as
            )
        wait_for(lambda: _accepts(port))

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)  # at once, but in order
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Bucket:
    """One bucket of an S3-compatible server (moto's, which asks for no true key)."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._folder = folder
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": PASSWORD}
        self.uri = "s3://sweeps"
        self.variables = {
            **keys, "AWS_DEFAULT_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with (folder / "s3.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, start_new_session=True
            )
        wait_for(lambda: _accepts(port))
        self._client = boto3.client(
            "s3", region_name="us-east-1", endpoint_url=self.variables["MLFLOW_S3_ENDPOINT_URL"],
            aws_access_key_id="key", aws_secret_access_key=PASSWORD,
        )  # fmt: skip
        self._client.create_bucket(Bucket="sweeps")

    def put(self, key: str, content: bytes) -> None:
        """Write a file."""
        self._client.put_object(Bucket="sweeps", Key=key, Body=content)

    def put_folder(self, folder: Path, prefix: str) -> None:
        """Write every file below `folder`."""
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.put(f"{prefix}/{file.relative_to(folder)}", file.read_bytes())

    def requests(self, prefix: str) -> Counter[str]:
        """How often each file below `prefix` was read, and under LIST how often it was listed."""
        lines = (self._folder / "s3.log").read_text(errors="replace").splitlines()
        found = [match for line in lines if (match := _REQUEST.search(line))]
        asked = [unquote(one["query"] or "") for one in found]
        lists = sum(f"prefix={prefix}/" in query for query in asked if "list-type" in query)
        keys = [unquote(one["key"]) for one in found if one["key"]]
        return Counter({"LIST": lists, **Counter(k for k in keys if k.startswith(f"{prefix}/"))})

    def names(self) -> list[str]:
        """What lies in it."""
        return [one["Key"] for one in self._client.list_objects_v2(Bucket="sweeps")["Contents"]]

    def close(self) -> None:
        self._client.close()
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _find_postgres() -> Path:
    """The folder of the server's programs; skips, with the reason, where there is none."""
    found = sorted(POSTGRES_FOLDERS.glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip(NEEDS_POSTGRES)
    return found[-1].parent if found else Path(on_path).parent


def _version(program: Path) -> float:
    return float(program.parts[-3])


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
