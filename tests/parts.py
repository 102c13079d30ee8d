"""The parts of a task for a dataset configured by a test, built as params.py builds them."""

import importlib

from seqops.core.task_parts import DATASET, ENDPOINT, EVALUATION, METRICS


def metrics_of(data):
    return _module(data, METRICS).Metrics(data)


def evaluation_of(data):
    return _module(data, EVALUATION).Evaluation(data, metrics_of(data))


def endpoint_of(data):
    return _module(data, ENDPOINT).Endpoint(data)


def _module(data, part):
    return importlib.import_module(type(data).__module__.removesuffix(DATASET) + part)
