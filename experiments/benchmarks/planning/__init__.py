"""The parts of `scale_plan.py`."""
