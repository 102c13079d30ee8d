"""Sequence models as a pipeline whose numbers can be believed and whose runs can be repeated."""

from seqops.runtime.environment import prepare

# before any module of the package imports TensorFlow or MLflow, which read it only once
prepare()
