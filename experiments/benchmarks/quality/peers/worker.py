"""One peer in an environment of its own: reads messages as JSON lines, answers each with one.

    python worker.py LOOP

LOOP is a module beside this file with a class `Loop`. Nothing of this project is imported here.

    {"do": "start", "task": {...}}                 {}               what is searched, see `Loop`s
    {"do": "ask", "index": 0}                      {"point": {...}}
    {"do": "tell", "index": 0, "losses": [1, 2]}   {}               null where the trial failed

An answer may be {"error": "..."} instead; the process goes on.
"""

import importlib
import json
import os
import sys
import traceback
import warnings


def main() -> None:
    """Answer until the messages end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    warnings.simplefilter("ignore")
    make_loop = importlib.import_module(sys.argv[1]).Loop
    loop = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if message["do"] == "start":
                loop, answer = make_loop(message["task"]), {}
            elif message["do"] == "ask":
                answer = {"point": loop.ask(message["index"])}
            else:
                loop.tell(message["index"], message["losses"])
                answer = {}
        except Exception:  # noqa: BLE001  the peer's own: its tests are not ours
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
