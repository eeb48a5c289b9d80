"""A real Ray head as the guide sets one up where others can reach it: by token only."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from sweeping import wait_for

HOST = "127.0.8.1"
"""An address of this machine that no other test's cluster uses."""
AGENT_PORT, ENVIRONMENTS_PORT, NODE_PORT, OBJECTS_PORT = 52379, 6480, 6481, 6482
"""Where it listens besides the addresses below."""


class SecuredHead:
    """A head with token authentication, its dashboard wherever Ray puts it by default."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(32)
        self.address = f"{HOST}:6479"
        self.client = f"ray://{HOST}:9979"  # below 10000, where Ray's workers listen
        self.dashboard = "http://127.0.0.1:8379"
        self._place = tempfile.mkdtemp(prefix="ray-")
        command = [
            sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block",
            "--node-ip-address", HOST, "--port", "6479", "--ray-client-server-port", "9979",
            "--dashboard-port", "8379", "--dashboard-agent-listen-port", str(AGENT_PORT),
            "--runtime-env-agent-port", str(ENVIRONMENTS_PORT),
            "--node-manager-port", str(NODE_PORT), "--object-manager-port", str(OBJECTS_PORT),
            "--num-cpus", "1", "--temp-dir", self._place,
        ]  # fmt: skip
        self._log = Path(self._place) / "head.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=self.environment(RAY_AUTH_TOKEN=self.token), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_for(lambda: self._process.poll() is not None or self._is_up())
        assert self._process.poll() is None, self._log.read_text()

    def environment(self, **variables: str) -> dict[str, str]:
        """That of a process which talks to it: in token mode, and without a token unless given."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("RAY_AUTH")}
        home = {"HOME": self._place, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
        return {**clean, **home, **variables}

    def close(self) -> None:
        """End every process of it, by their group and session."""
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    def _is_up(self) -> bool:
        return "Ray runtime started" in self._log.read_text()
