"""Exit codes of commands that have more to say than done or failed."""

INTERRUPTED = 130
"""Of a run that was ended by Ctrl-C or SIGTERM, as shells have it."""
