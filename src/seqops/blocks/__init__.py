"""One idea a file; each file is the only place its library is imported."""
