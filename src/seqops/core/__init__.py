"""Interfaces, errors, files and settings; imports no task and no heavy library."""
