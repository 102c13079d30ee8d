"""One folder per task, all alike: data (without TensorFlow), model, metrics, evaluation and serving."""
