"""Data preparation of the images task."""
