"""What a step costs, and on what it runs: precision, compilation, memory, device."""
