"""`python -m seqops`: the command line if `seqops` is not on PATH."""

from seqops.cli import app

if __name__ == "__main__":
    app()
