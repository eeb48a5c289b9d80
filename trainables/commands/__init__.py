"""What each command of `trainables` does and prints."""
