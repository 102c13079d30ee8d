"""MLflow tracking; runs are found by content."""
