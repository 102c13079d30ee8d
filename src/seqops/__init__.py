"""Sequence models as a reproducible pipeline: data, training, evaluation, registry and retraining."""

from seqops.runtime.environment import prepare

# TensorFlow and MLflow read the environment once, when they are imported
prepare()
