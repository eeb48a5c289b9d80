"""What a sweep was asked to do, on its parent run: recipe, resolved configuration and facts.

The files of the sweep stay as they are, since a resume needs the password of the store. Who sees
the runs need not know it.
"""

import json
from pathlib import Path

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.redaction import redact, redact_all
from pareto_search.tracking.client import Run, TrackingClient

DOCUMENTS = ("recipe.yaml", "sweep.json", "facts.json")


def put_documents(client: TrackingClient, parent: Run, directory: SweepDirectory) -> None:
    """Put the documents there are on the parent run, without passwords."""
    for name in DOCUMENTS:
        if (directory.path / name).exists():
            client.put_text(parent, name, redacted_text(directory.path / name))


def redacted_text(file: Path) -> str:
    """What `file` says, with the password of every URI in it hidden; JSON stays JSON."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix != ".json":
        return redact(text)
    try:
        return json.dumps(redact_all(json.loads(text)), indent=2) + "\n"
    except ValueError:  # damaged, and still worth a look
        return redact(text)
