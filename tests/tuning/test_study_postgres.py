"""The same study on a PostgreSQL server."""

from study_workers import create_together, finish, open_study, run_shared_study, start, take_together

from seqops.tuning import study as studies

pytest_plugins = ("postgres",)


def test_six_processes_create_a_storage_in_postgresql_together(postgres_database):
    create_together(postgres_database)


def test_an_enqueued_trial_goes_to_one_process_in_postgresql(postgres_database):
    take_together(postgres_database)


def test_two_workers_share_a_study_in_postgresql(postgres_url):
    run_shared_study(postgres_url)


def test_the_trial_of_a_killed_worker_is_retried_in_postgresql(postgres_url):
    killed = start(postgres_url, "killed", 6, 0, "epoch")
    killed.join()
    finish(start(postgres_url, "killed", 6))
    assert studies.counts(open_study(postgres_url, "killed")).finished == 6
