"""Other libraries' searchers. The loops and `worker.py` run in environments of their own."""
