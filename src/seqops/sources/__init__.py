"""Raw files: downloads, the catalogue of datasets."""
