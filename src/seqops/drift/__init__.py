"""Whether new rows look like those of training."""
