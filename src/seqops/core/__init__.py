"""Interfaces, errors, files and settings; it knows no task and no heavy library."""
