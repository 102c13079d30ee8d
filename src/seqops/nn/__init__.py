"""Layers and decoding that tasks share."""
