"""Phantom patients: labelled four-modality scans made from nothing but a seed.

They are written in BraTS 2018 naming, so every path through the product is the one that real
data takes, and they hold what real data cannot: the latent truth and several raters of it.
"""

from trainables.data.phantom.writing import write_phantom

__all__ = ["write_phantom"]
