"""Sweeps under a virtual clock: the real ledger, searcher and scheduler, simulated trials."""
