"""Experiments: presets, recorded runs and the results page."""
