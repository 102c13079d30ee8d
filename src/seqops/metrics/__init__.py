"""Metrics as sums of per-example statistics, and their confidence intervals and tests."""
