"""One folder a task: `data.py` (class Task, no TensorFlow) and `network.py` (class Net)."""
