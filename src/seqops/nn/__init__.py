"""Neural network layers, batching and decoding shared by the tasks."""
