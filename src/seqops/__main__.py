"""`python -m seqops`: the `seqops` command of the interpreter that runs."""

from seqops.cli import app

if __name__ == "__main__":
    app(prog_name="seqops")
