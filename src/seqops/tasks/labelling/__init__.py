"""A label for every step of a sequence of numbers."""
