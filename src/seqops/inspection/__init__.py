"""What a file of the user looks like: its encoding, its cells, and what a task takes it for."""
