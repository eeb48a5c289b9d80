"""Fronts: dominance, hypervolume, knee, and how they are shown as rows and tables."""
