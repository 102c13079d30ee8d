"""The parts of a task around a dataset that a test has configured, made as params.py makes them."""

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
