"""Network of the labelling task."""
