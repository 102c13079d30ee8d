"""From published files to encoded splits."""
