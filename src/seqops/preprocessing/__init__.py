"""Reading raw files and converting text to tokens and ids."""
