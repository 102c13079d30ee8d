"""Dataset: raw files to encoded splits."""
