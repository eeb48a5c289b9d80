"""Pictures of predictions on images: where they are looked at, and how they are drawn.

Figures are made by matplotlib's own classes, without its global state; nothing else of this
project's training imports it.
"""
