"""Searchers that misbehave, made in a process of their own: so they must be known by import."""

import os
import time
from dataclasses import dataclass, field


@dataclass
class Remembering:
    """Proposes the number of events it has heard, so that a lost or doubled one would show.

    ``{"x": (index + events / 100) / 100}``; `delay_s` passes in each ask.
    """

    delay_s: float = 0.0
    events: list = field(default_factory=list)

    def ask(self, index):
        time.sleep(self.delay_s)
        point = {"x": (index + len(self.events) / 100) / 100}
        self.adopt(index, point)
        return point

    def adopt(self, index, point):
        self.events.append((index, point))

    def tell(self, index, outcome):
        self.events.append((index, outcome))


class Raising(Remembering):
    """Raises at trial 2."""

    def ask(self, index):
        if index == 2:
            raise RuntimeError("the sampler is confused")
        return super().ask(index)


class Dying(Remembering):
    """Its process ends in the ask of trial 2, every time."""

    def ask(self, index):
        if index == 2:
            os._exit(7)
        return super().ask(index)


def refuse():
    raise ImportError("no such sampler")


class Placed(Remembering):
    """Proposes the number of the process it is in."""

    def ask(self, index):  # noqa: ARG002  the seam's signature
        return {"pid": os.getpid()}
