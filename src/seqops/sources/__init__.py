"""Downloading raw files, and the catalogue of datasets."""
