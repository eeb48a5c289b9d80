"""What a sweep leaves on disk, and reading it back."""
