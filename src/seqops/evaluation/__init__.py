"""Evaluation on the test rows: scores, baselines, plots and the report page."""
