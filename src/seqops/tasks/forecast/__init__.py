"""Time series forecasting with exponential smoothing and recurrent networks, and rolling-origin backtests."""
