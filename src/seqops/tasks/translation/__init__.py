"""Sequence to sequence translation."""
