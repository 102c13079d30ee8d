"""From published files to tokens and ids."""
