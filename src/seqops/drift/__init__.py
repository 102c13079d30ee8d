"""Data drift: new rows compared with the training rows."""
