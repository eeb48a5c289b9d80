"""Whether every node of a cluster can do its part of a sweep: those there, and those that join."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pareto_search.errors import ParetoSearchError, Problem, RecipeError, UnreachableError
from pareto_search.execution.capacity import slots_on
from pareto_search.execution.probing import probe
from pareto_search.recipe.config import SweepConfig

_PATIENCE_S = 120.0
"""A node may have to start a process and import the trainable from a slow disk."""
_INTERVAL_S = 2.0

Told = dict[str, Any]


class Nodes:
    """Lets each node that trials can run on write `folder`, the sweep's, and find their data.

    Held, for the time of a ``with`` block: which nodes were asked, whose answer is awaited, when
    to look again, whether there was a node for trials, and the `error` of one that joined and
    cannot do it.
    """

    def __init__(
        self,
        config: SweepConfig,
        folder: Path,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._folder = folder
        self._say = say
        self._clock = clock
        self._has_place = True
        self._asked: set[str] = set()
        self._awaited: dict[str, Any] = {}
        self._look_at = 0.0
        self.error: ParetoSearchError | None = None

    def __enter__(self) -> Self:
        """Make the place where they write."""
        self._place = TemporaryDirectory(prefix=".probe-", dir=self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove it."""
        self._place.cleanup()

    def check(self) -> None:
        """Ask every node there is, and wait for the answers.

        Raises:
            UnreachableError: a node cannot share the storage, or does not answer.
            RecipeError: a node cannot import the trainable, or read what its trials read.
        """
        self._ask()
        answers = list(self._awaited.values())
        answered, _ = ray.wait(answers, num_returns=len(answers), timeout=_PATIENCE_S)
        if silent := [node for node, answer in self._awaited.items() if answer not in answered]:
            raise UnreachableError(
                f"Every node should answer within {_PATIENCE_S:g} s. Found none from "
                f"{', '.join(silent)}. `ray status` shows what the cluster is busy with."
            )
        self._judge(self._take(list(self._awaited)))

    def are_unfit(self) -> bool:
        """Whether a node has joined since that cannot do it: `error` says what; never waits."""
        if self.error is None and self._clock() >= self._look_at:
            self._look_at = self._clock() + _INTERVAL_S
            try:
                self._look()
            except ParetoSearchError as error:
                self.error = error
        return self.error is not None

    def _look(self) -> None:
        self._tell_places()
        self._ask()
        answers = list(self._awaited.values())
        ready, _ = ray.wait(answers, num_returns=len(answers), timeout=0) if answers else ([], [])
        self._judge(self._take([n for n, answer in self._awaited.items() if answer in ready]))

    def _take(self, nodes: Sequence[str]) -> dict[str, Told]:
        """What these have answered; one that is gone meanwhile has nothing to say."""
        told = {}
        for node in nodes:
            answer = self._awaited.pop(node)
            try:
                told[node] = ray.get(answer)
            except (ray.exceptions.NodeDiedError, ray.exceptions.TaskUnschedulableError):
                continue
            except ray.exceptions.RayError as error:
                if node in _alive():
                    raise UnreachableError(
                        f"Node {node} should run what this machine does. Found: "
                        f"{str(error).strip().splitlines()[-1]} Install the same pareto-search "
                        "and Ray there."
                    ) from error
        return told

    def _tell_places(self) -> None:
        fits = (slots_on(node["Resources"], self._config.resources) for node in _alive().values())
        if (has_place := any(fits)) != self._has_place:
            self._has_place = has_place
            self._say(
                "The cluster has a node for trials again."
                if has_place
                else "No node of the cluster can hold a trial now: waiting for one to join."
            )

    def _ask(self) -> None:
        """Let every node that was not asked yet say what `probe` finds there."""
        settings, started_in = self._config.model_dump_json(by_alias=True), str(Path.cwd())
        remote = ray.remote(num_cpus=0, max_retries=1)(probe)
        for address, node in _alive().items():
            if node["NodeID"] not in self._asked and slots_on(
                node["Resources"], self._config.resources
            ):
                self._asked.add(node["NodeID"])
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                options = remote.options(scheduling_strategy=there)
                self._awaited[address] = options.remote(settings, self._place.name, started_in)

    def _judge(self, told: Mapping[str, Told]) -> None:
        unshared = [f"node {node} {found['storage']}" for node, found in told.items()
                    if found["storage"]]  # fmt: skip
        unseen = [
            f"node {node} writes another {self._folder}, not this one"
            for node, found in told.items()
            if not found["storage"] and not (Path(self._place.name) / found["mark"]).exists()
        ]
        if unshared or unseen:
            raise UnreachableError(
                "Every node should share the storage directory. Found: "
                f"{'; '.join(unshared + unseen)}. Name a directory that all of them mount at that "
                "path with --storage."
            )
        problems = [problem for node, found in told.items() for problem in _problems(node, found)]
        if problems:
            raise RecipeError(problems)


def _alive() -> dict[str, dict[str, Any]]:
    """The living nodes by address."""
    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    return {node["NodeManagerAddress"]: node for node in nodes if node["Alive"]}


def _problems(node: str, found: Mapping[str, Sequence[str]]) -> list[Problem]:
    rule = f"should be usable on node {node}."
    unusable = [Problem(rule, text, key="trainable") for text in found["trainable"]]
    rule, hint = "Every node should have the data.", "Mount it there at that path."
    unread = [
        Problem(rule, f"Node {node} cannot read {path}.", key="params", hint=hint)
        for path in found["unreadable"]
    ]
    return unusable + unread
