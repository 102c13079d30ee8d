"""Forecasting of time series: windows, smoothing and recurrent networks, rolling-origin backtests."""
