"""`python -m seqops`: the command, where its program is not on the path."""

from seqops.cli import app

if __name__ == "__main__":
    app()
