"""The score of masked positions."""

MASK_VALUE = -1e9
"""Far below any other score, in a softmax or a maximum; the sum of two is still finite."""
