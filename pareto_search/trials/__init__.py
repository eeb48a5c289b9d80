"""Trials: what one is given, what is checked before, and the ledger of all of them."""
