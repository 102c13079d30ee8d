"""Baselines, slices, drift features and examples."""
