"""Evaluation of the labelling task: baselines, slices, drift features, examples and plots."""
