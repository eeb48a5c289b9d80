"""How a sweep can be run again, and what can be done with it next."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pareto_search.figures.material import Material
from pareto_search.figures.report.table import Table, make_table


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The facts that fix a sweep, the command that ran it, and commands to go on with."""

    command: str
    facts: Table
    packages: Table
    next_commands: tuple[str, ...]


def reproduction_of(material: Material) -> Reproduction:
    """What is known of how the sweep was run."""
    facts = material.facts
    command = facts.get("command", ())
    packages: Mapping[str, Any] = facts.get("packages", {})
    return Reproduction(
        command=shlex.join(map(str, command)),
        facts=make_table(("", ""), _facts(facts, material.config.seeds.sweep).items()),
        packages=make_table(("package", "version"), packages.items()),
        next_commands=_next(material),
    )


def _facts(facts: Mapping[str, Any], seed: int) -> dict[str, object]:
    is_dirty = facts.get("git_dirty")
    changed = " with changes that were not committed" if is_dirty else ""
    found = {
        "started (UTC)": facts.get("started_at"),
        "commit": f"{facts['git_commit']}{changed}" if facts.get("git_commit") else None,
        "seed of the sweep": seed,
        "Python": facts.get("python"),
        "platform": facts.get("platform"),
    }
    return {key: str(value) for key, value in found.items() if value is not None}


def _next(material: Material) -> tuple[str, ...]:
    """Commands from where the sweep was started."""
    storage, place = material.directory.storage, str(material.facts.get("cwd", ""))
    where = os.path.relpath(storage, place) if place else str(storage)
    shown = str(storage) if where.startswith("..") else where
    base = [material.name, "--storage", shown]
    return tuple(
        shlex.join(["pareto-search", verb, *base, *flags])
        for verb, flags in (
            ("pick", ["--knee", "--export", "model"]),
            ("ui", []),
            ("report", ["--figures", "figures"]),
        )
    )
