"""What stands outside the pipeline: the registered model that takes raw input."""
