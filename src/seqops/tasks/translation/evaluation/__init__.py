"""Baselines, slices, examples and plots."""
