"""Unattended retraining: fetch, compare, validate, decide, reproduce, record."""
