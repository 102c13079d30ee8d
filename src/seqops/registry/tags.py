"""Tags of registered versions that are read without MLflow."""

BETTER_BASELINE = "seqops.better_baseline"
"""The line that a classical method is better than the version; empty if none is."""
