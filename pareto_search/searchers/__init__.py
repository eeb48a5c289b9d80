"""Searchers: what proposes the next point."""
