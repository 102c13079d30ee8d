"""The settings that DVC reads before anything else: it ends with a traceback where it cannot read them."""

from __future__ import annotations

from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.core.project import Project

HOME = "Correct HOME and XDG_CONFIG_HOME, or name another folder in DVC_GLOBAL_CONFIG_DIR"


def require_readable_settings(project: Project) -> None:
    """Raise SeqopsError that names the file of settings of DVC which cannot be read, if there is one."""
    from dvc.config import Config, ConfigError

    shared = [Path(Config.get_dir(level)) / Config.CONFIG for level in ("system", "global")]
    own = [project.root / ".dvc" / name for name in (Config.CONFIG, Config.CONFIG_LOCAL)]
    for path in [*shared, *own]:
        fix = HOME if path == shared[-1] else "Make it a readable file, or delete it"
        try:
            Config.load_file(str(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SeqopsError(f"DVC cannot read its settings in {path}: {error.strerror}. {fix}.") from None
        except ConfigError as error:
            what = " ".join(str(error).split()).rstrip(".")
            raise SeqopsError(f"{path}: {what}. Correct it, or delete it.") from None
