"""Retraining that can be left alone: fetch, compare, guard, decide, reproduce, record."""
