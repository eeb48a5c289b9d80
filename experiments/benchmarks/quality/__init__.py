"""Parts of `search_quality.py`."""
