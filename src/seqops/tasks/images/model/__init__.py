"""Models of the images task."""
