"""Evaluation of the named entity task: baselines, slices, drift features, examples and plots."""
