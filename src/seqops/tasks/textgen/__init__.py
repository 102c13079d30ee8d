"""Language models that write text, by characters or subwords."""
