"""Network of the forecasting task."""
