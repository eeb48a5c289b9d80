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
from collections.abc import Sequence
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
            "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "120",  # of a busy machine
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
        grows: dict[str, object] | None = None,
    ) -> str:
        """The node every other one joins; by default no trial runs on it.

        Ray's own autoscaler adds nodes as `grows` says, as one of its node types.
        """
        node = f"{self._network}.1"
        port, client_port, dashboard_port = map(str, self._ports)
        options = ["--head", "--port", port, "--ray-client-server-port", client_port]
        options += ["--include-dashboard", str(dashboard), "--dashboard-host", node]
        options += ["--dashboard-port", dashboard_port]
        if grows:
            options += ["--autoscaling-config", str(self._autoscaling(grows))]
        self._start_patiently(node, cpus, gpus, resources, options)
        if dashboard:
            wait_for(lambda: self._ended(node) or self._answers())
            self._check(node)
        return node

    def add_worker(
        self,
        cpus: int = 1,
        gpus: int = 0,
        resources: dict[str, float] | None = None,
        unshared: Path | None = None,
        memory_gib: float | None = None,
        **variables: str,
    ) -> str:
        """Another node, with `variables` of its own; its address, by which it can be killed.

        It has `memory_gib` for trials, or what Ray finds. In place of the folder `unshared` it
        sees an empty one of its own: a file system that it does not share (which takes root's
        rights).
        """
        node = f"{self._network}.{len(self._nodes) + 1}"
        apart = ["env", *(f"{name}={value}" for name, value in variables.items())]
        if unshared:
            mount = f'mount -t tmpfs none {unshared} && exec "$@"'
            apart += ["unshare", "--mount", "sh", "-c", mount, "sh"]
        options = ["--address", self.address]
        options += ["--memory", str(int(memory_gib * 2**30))] if memory_gib else []
        self._start_patiently(node, cpus, gpus, resources, options, apart)
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

    def ask(self, path: str) -> str:
        """What the dashboard answers to one who has the token, if there is one."""
        token = self.client.get("RAY_AUTH_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"{self.dashboard}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

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
        within: Sequence[str] = (),
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
                [*within, *ray, *options], stdout=log, stderr=log, cwd=self.folder,
                env={**self._environment, _NODE: f"{self._name}/{node}"}, start_new_session=True,
            )  # fmt: skip

    def _autoscaling(self, grows: dict[str, object]) -> Path:
        """Ray's configuration of machines that are processes: its own tests' provider."""
        self._environment |= {"RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1"}
        provider = {
            "type": "fake_multinode", "gcs_address": self.address, "disable_node_updaters": True,
        }  # fmt: skip
        head = {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0}
        lists = ("setup_commands", "head_setup_commands", "worker_setup_commands",
                 "head_start_ray_commands", "worker_start_ray_commands", "cluster_synced_files",
                 "initialization_commands", "rsync_exclude", "rsync_filter")  # fmt: skip
        config = {
            "cluster_name": "grows", "provider": provider, "head_node_type": "head",
            "available_node_types": {"head": head, "worker": {"node_config": {}, **grows}},
            "max_workers": 8, "upscaling_speed": 1.0, "idle_timeout_minutes": 1,
            "auth": {"ssh_user": "nobody"}, "docker": {}, "file_mounts": {},
            "file_mounts_sync_continuously": False, **{name: [] for name in lists},
        }  # fmt: skip
        file = self.folder / "autoscaling.json"
        file.write_text(json.dumps(config))
        return file

    def _answers(self) -> bool:
        try:
            self.ask("/api/jobs/")
        except OSError:
            return False
        return True

    def _ended(self, node: str) -> bool:
        return self._nodes[node].poll() is not None

    def _start_patiently(self, node: str, *how: object) -> None:
        """Start it, again where this machine was too busy for the 30 s that Ray gives a node."""
        for _ in range(3):
            self._start(node, *how)
            wait_for(lambda: self._ended(node) or "Ray runtime started" in self.log_of(node))
            if not self._ended(node) or "timed out during startup" not in self.log_of(node):
                break
            self.kill_worker(node)
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
