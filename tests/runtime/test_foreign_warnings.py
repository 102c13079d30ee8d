"""What libraries print is left out where it is no news, and only there."""

import logging

from seqops.runtime.environment import prepare


def passes(message):
    logger = logging.getLogger("tensorflow")
    return bool(logger.filter(logger.makeRecord(logger.name, logging.WARNING, "", 0, message, (), None)))


def test_models_with_graphs_of_their_own_cause_no_warning():
    prepare()
    assert not passes("5 out of the last 5 calls to <function f> triggered tf.function retracing.")
    assert passes("Gradients do not exist for variables ['a'] when minimizing the loss.")
