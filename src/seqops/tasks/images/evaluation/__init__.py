"""Evaluation of the images task: baselines, slices, drift features, examples and plots."""
