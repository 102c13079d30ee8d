"""Task: classify pictures."""
