"""Classical forecasting methods: models of the task, and its baselines."""
