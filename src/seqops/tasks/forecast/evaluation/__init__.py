"""Evaluation of the forecasting task: baselines, slices, drift features, examples and plots."""
