"""Download the raw files of one task: its sample, a dataset of the catalogue, a path or a URL."""

from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.sources.fetch import Fetcher


def download(name: str) -> str:
    """Download and verify the source of one task."""
    project = Project.find()
    project.require_own_data_folder()
    params = Params.load(project.params)
    fetcher = Fetcher(project, params.task(name), err, project.task_paths(name).raw, settings=params.download)
    files = fetcher.run()
    for file in files:
        line = f"{file.path.relative_to(project.root)}  from {file.origin}  sha256 {file.sha256[:12]}"
        err.print(line, markup=False, highlight=False)
    return f"{len(files)} file{'s' * (len(files) != 1)}"


if __name__ == "__main__":
    run_stage(download)
