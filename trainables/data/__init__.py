"""Cases, labels, splits, checks and patches: from a folder of scans to batches, and phantoms."""
