"""Data that lie in a bucket: `store` reads it, `mirror` keeps a copy on this node."""
