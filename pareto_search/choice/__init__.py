"""Choosing one trial of a front, and exporting its model."""
