"""Sweeps against each other: who is better where, by how much, and whether that is luck."""
