"""Search with Optuna: the space, the sampler, the study that survives a kill, its page."""
