"""Sequence models as a pipeline whose numbers can be believed and whose runs can be repeated."""
