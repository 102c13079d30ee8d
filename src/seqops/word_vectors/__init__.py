"""Word vectors learnt from a task's own training texts: training, file, neighbours and picture."""
