"""Model registry: publish, compare, promote and verify registered versions."""
