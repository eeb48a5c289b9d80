"""Sweeps as jobs of a Ray cluster: packed, sent, followed and stopped through its dashboard."""
