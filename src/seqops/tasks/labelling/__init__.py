"""Sequence labelling: a binary label for every step of a sequence of numbers."""
