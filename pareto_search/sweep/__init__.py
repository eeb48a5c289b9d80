"""A whole sweep: running it, resuming it, stopping it, showing how it stands."""
