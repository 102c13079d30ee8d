"""Sequence models as a reproducible pipeline: data, training, evaluation, registry and retraining."""

from seqops.runtime.ctrl_c import end_imports_at_once
from seqops.runtime.environment import prepare

end_imports_at_once()
# TensorFlow and MLflow read the environment once, when they are imported
prepare()
