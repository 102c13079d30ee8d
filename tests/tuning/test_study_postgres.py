"""The same study on a real PostgreSQL server."""

from postgres import postgres_url  # noqa: F401
from sharing import finish, opened, shared, start

from seqops.blocks.search import study as studies


def test_two_workers_share_a_study_in_postgresql(postgres_url):  # noqa: F811
    shared(postgres_url)


def test_a_worker_killed_in_postgresql_is_taken_over(postgres_url):  # noqa: F811
    killed = start(postgres_url, "killed", 6, 0, "epoch")
    killed.communicate()
    finish(start(postgres_url, "killed", 6))
    assert studies.counts(opened(postgres_url, "killed")).finished == 6
