"""Trials on Ray: the runtime, Ray Tune, and a trial inside its worker process."""
