"""MLflow runs, found by content."""
