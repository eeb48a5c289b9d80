"""A real MLflow server for tests, on a loopback port, that can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

from recording import make_store
from sweeping import wait_for

from pareto_search.tracking.ui import server_environment


class Server:
    """Its store can be looked into past it; artifacts lie beside the store."""

    def __init__(self, folder):
        self.store = make_store(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        folder = self.store.file.parent
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port)]
        command += ["--workers", "1", "--artifacts-destination", str(folder / "artifacts")]
        with (folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=server_environment(self.store.uri), cwd=folder,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait_for(self.is_up)

    def is_up(self):
        try:
            urllib.request.urlopen(f"{self.uri}/health", timeout=2).close()
        except OSError:
            return False
        return True

    def kill(self):
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
