"""A peer as one of our searchers: what it is asked and told goes to a process of its own."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pareto_search.searchers.protocol import Outcome
from pareto_search.simulation.problem import SimulatedProblem
from pareto_search.space import Point, Scalar

HERE = Path(__file__).parent
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Peer:
    """Holds the process of one loop; a searcher at a time is started in it."""

    def __init__(self, python: str, loop: str) -> None:
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), loop],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **THREADS, "PYTHONPATH": ""},
            text=True,
        )

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the process answers.

        Raises:
            RuntimeError: the peer failed, or its process ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "Its process ended."}
        if "error" in answer:
            raise RuntimeError(f"A peer should answer. Found: {answer['error']}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


class PeerSearcher:
    """Holds nothing but the peer, which works on one problem from now on."""

    def __init__(
        self, peer: Peer, problem: SimulatedProblem, seed: int, options: dict[str, Any]
    ) -> None:
        space = {key: entry.model_dump(mode="json") for key, entry in problem.space.items()}
        reference = [objective.loss(objective.reference) for objective in problem.objectives]
        task = {"space": space, "reference": reference, "seed": seed, **options}
        peer.answer({"do": "start", "task": task})
        self._peer = peer

    def ask(self, index: int) -> dict[str, Scalar]:
        """The peer's next point."""
        point: dict[str, Scalar] = self._peer.answer({"do": "ask", "index": index})["point"]
        return point

    def adopt(self, index: int, point: Point) -> None:
        """No peer takes over a point that it did not propose."""
        raise NotImplementedError("A peer should be asked for every point: give it no baselines.")

    def tell(self, index: int, outcome: Outcome) -> None:
        """Its losses, or that it failed."""
        losses = None if outcome.losses is None else list(outcome.losses)
        self._peer.answer({"do": "tell", "index": index, "losses": losses})
