"""A Ray cluster of several nodes on this machine: real processes, an address of its own each.

Each node has its own loopback address and its own processes, which carry its name in their
environment: so that a node can be killed whole, and nothing of another Ray is ever touched.
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
from sweeping import environment, wait_for

_NODE = "TEST_CLUSTER_NODE"
_MEMORY = str(100 * 2**20)


class Cluster:
    """A head and its workers, until `close`.

    `variables` are set for every process of the cluster. `client` is what a process needs in its
    environment to talk to it: with a `token`, that token.
    """

    def __init__(self, token: str | None = None, **variables: str) -> None:
        # short: Ray keeps Unix sockets below it, whose paths may have 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="rc"))
        self._name = f"{os.getpid()}-{random.randrange(10**9)}"
        self._network = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}"
        self._nodes: dict[str, subprocess.Popen] = {}
        auth = {"RAY_AUTH_MODE": "disabled"}
        if token:
            auth = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
        self.client = {**environment(), **auth}
        self._environment = {
            **self.client, **variables, "RAY_USAGE_STATS_ENABLED": "0",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        self._ports = free_ports(3)  # another Ray of this machine may have taken its usual ones
        self.address = f"{self._network}.1:{self._ports[0]}"
        """For `run --address` on this machine."""
        self.client_address = f"ray://{self._network}.1:{self._ports[1]}"
        """The same from elsewhere."""
        self.dashboard = f"http://{self._network}.1:{self._ports[2]}"
        """For `submit --address`; of a head started with `dashboard`."""

    def start_head(
        self,
        cpus: int = 0,
        gpus: int = 0,
        resources: dict[str, float] | None = None,
        dashboard: bool = True,
    ) -> str:
        """The node every other one joins; by default no trial runs on it."""
        node = f"{self._network}.1"
        port, client_port, dashboard_port = map(str, self._ports)
        options = ["--head", "--port", port, "--ray-client-server-port", client_port]
        options += ["--include-dashboard", str(dashboard), "--dashboard-host", node]
        options += ["--dashboard-port", dashboard_port]
        self._start(node, cpus, gpus, resources, options)
        self._wait_until_started(node)
        if dashboard:
            wait_for(lambda: self._ended(node) or self._answers())
            self._check(node)
        return node

    def add_worker(
        self,
        cpus: int = 1,
        gpus: int = 0,
        resources: dict[str, float] | None = None,
        **variables: str,
    ) -> str:
        """Another node, with `variables` of its own; its address, by which it can be killed."""
        node = f"{self._network}.{len(self._nodes) + 1}"
        self._start(node, cpus, gpus, resources, ["--address", self.address], variables)
        self._wait_until_started(node)
        return node

    def kill_worker(self, node: str) -> None:
        """End every process of `node` at once, as when its machine is lost."""
        for process in self._processes(f"{self._name}/{node}"):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._nodes[node].wait()

    def close(self) -> None:
        """End all of it, and remove its files."""
        for _ in range(2):  # what was being started during the first look
            for process in self._processes(self._name):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        for process in self._nodes.values():
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_of(self, node: str) -> str:
        """What `ray start` said there."""
        return (self.folder / f"{node}.log").read_text()

    def _start(
        self,
        node: str,
        cpus: int,
        gpus: int,
        resources: dict[str, float] | None,
        options: list[str],
        variables: dict[str, str] | None = None,
    ) -> None:
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--log-color=false"]
        ray += ["--node-ip-address", node, "--num-cpus", str(cpus), "--num-gpus", str(gpus)]
        ray += ["--object-store-memory", _MEMORY, "--resources", json.dumps(resources or {})]
        ray += ["--min-worker-port", "0", "--max-worker-port", "0"]  # whichever are free
        ray += ["--dashboard-agent-listen-port", str(free_ports(1)[0])]
        # of its own, as on a machine of its own: nodes that share one unpack over each other
        ray += ["--temp-dir", str(self.folder / node.rpartition(".")[2])]
        with (self.folder / f"{node}.log").open("wb") as log:
            self._nodes[node] = subprocess.Popen(
                [*ray, *options], stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env={**self._environment, **(variables or {}), _NODE: f"{self._name}/{node}"},
            )  # fmt: skip

    def _answers(self) -> bool:
        headers = {}
        if token := self.client.get("RAY_AUTH_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self.dashboard}/api/jobs/", headers=headers)
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            return False
        return True

    def _ended(self, node: str) -> bool:
        return self._nodes[node].poll() is not None

    def _wait_until_started(self, node: str) -> None:
        wait_for(lambda: self._ended(node) or "Ray runtime started" in self.log_of(node))
        self._check(node)

    def _check(self, node: str) -> None:
        assert not self._ended(node), self.log_of(node)

    def _processes(self, mark: str) -> list[psutil.Process]:
        """Those that the node (or the cluster) of that `mark` started, and theirs."""
        marked = [one for one in psutil.process_iter() if _is_marked(one.pid, mark)]
        found = set(marked)
        for process in marked:
            with suppress(psutil.NoSuchProcess):
                found.update(process.children(recursive=True))
        return list(found)


def _is_marked(pid: int, mark: str) -> bool:
    """psutil would read the environment up to its first gap, which a process's new title makes."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    found = f"{_NODE}={mark}".encode()
    return any(one == found or one.startswith(found + b"/") for one in variables)


def free_ports(count: int) -> list[int]:
    """Different ports that no process listens on, at any address."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("", 0))
        return [one.getsockname()[1] for one in sockets]
