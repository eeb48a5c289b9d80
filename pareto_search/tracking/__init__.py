"""MLflow beside a sweep: the recorder, the mirror it runs, and the user interface."""
