"""What each command of `pareto-search` does and prints."""
