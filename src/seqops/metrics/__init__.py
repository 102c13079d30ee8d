"""Metrics as sums of per-example statistics, one field of study a file, and what chance does to them."""
