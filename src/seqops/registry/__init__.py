"""Registered versions: published, compared, promoted, verified."""
