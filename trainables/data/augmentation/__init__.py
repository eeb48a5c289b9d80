"""Augmentation: what is done to a patch is drawn first, as a record, and applied from it alone.

So a patch can be made again. Distances follow: exactly where axes are flipped or turned, resampled
where space is bent. All of it works on the device of the tensors it is given.
"""
