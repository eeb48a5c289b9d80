"""Recipes: from a YAML file to a validated configuration, or everything wrong with it."""
