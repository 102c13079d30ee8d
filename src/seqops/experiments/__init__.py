"""Presets, recorded runs and the page of results."""
