"""The same study on a real PostgreSQL server."""

from sharing import finish, founded_together, opened, shared, start, taken_together

from seqops.tuning import study as studies

pytest_plugins = ("postgres",)


def test_six_processes_found_a_storage_in_postgresql_together(postgres_database):
    founded_together(postgres_database)


def test_a_trial_that_waits_goes_to_one_process_in_postgresql(postgres_database):
    taken_together(postgres_database)


def test_two_workers_share_a_study_in_postgresql(postgres_url):
    shared(postgres_url)


def test_a_worker_killed_in_postgresql_is_taken_over(postgres_url):
    killed = start(postgres_url, "killed", 6, 0, "epoch")
    killed.communicate()
    finish(start(postgres_url, "killed", 6))
    assert studies.counts(opened(postgres_url, "killed")).finished == 6
