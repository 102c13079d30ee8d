"""The network of the task."""
