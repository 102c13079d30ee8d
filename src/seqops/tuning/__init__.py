"""Tuning: trials, the best of them tried again with other seeds, the winner written into params.yaml."""
