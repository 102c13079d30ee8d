"""Network of the named entity task."""
