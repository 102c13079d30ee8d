"""The environment that every test shares."""

from seqops.console import prepare

prepare()
