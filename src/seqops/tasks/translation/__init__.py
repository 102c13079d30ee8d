"""Sequence-to-sequence translation."""
