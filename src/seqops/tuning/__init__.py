"""Hyperparameter search: trials, repeats of the best ones with other seeds, the winner in params.yaml."""
