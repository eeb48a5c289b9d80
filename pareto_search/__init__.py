"""Distributed multi-objective search over any trainable: sweeps on Ray, fronts in MLflow."""
