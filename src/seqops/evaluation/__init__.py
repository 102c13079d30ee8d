"""Scores beside baselines, and the report."""
