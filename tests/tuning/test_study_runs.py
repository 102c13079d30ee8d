"""What the runs of a study record."""

from types import SimpleNamespace

from seqops.core.interfaces import Task
from seqops.tuning.study_runs import StudyRuns
from toy import FIT_CONFIG


class Client:
    """A tracking store that keeps what is logged."""

    def __init__(self):
        self.params = {}

    def create_run(self, experiment, run_name, tags):
        return SimpleNamespace(info=SimpleNamespace(run_id="1"))

    def log_batch(self, run_id, params=()):
        self.params |= {param.key: param.value for param in params}


def test_secrets_in_the_source_of_a_trial_are_redacted():
    client = Client()
    source = "https://me:secret@host/a.csv?token=abc"
    section = {"source": source, "model": {"units": 8}}
    task = Task("toy", source, None, None, None, None, None, FIT_CONFIG, section)
    runs = StudyRuns(client, "1", SimpleNamespace(run_id="0"), "study", {})
    runs.fit("trial 0", task, "trial", 0)
    assert client.params == {"source": "https://***@host/a.csv?token=***", "model.units": "8"}
