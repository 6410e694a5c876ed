"""An Apache of one's own: in a temporary folder, on a loopback port, ended by its process id.

For tests with its sign-in modules: `with server(port, config, "auth_cas") as apache:` serves a page that tells what
the module told Apache of the person.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODULES = Path("/usr/lib/apache2/modules")
PACKAGES = {"auth_cas": "libapache2-mod-auth-cas", "auth_openidc": "libapache2-mod-auth-openidc"}
# Enough to serve a page that shows its own environment.
NEEDED = (
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "mime",
    "include",
    "filter",
    "env",
    "dir",
    "alias",
)
PAGE = "<pre>\n<!--#printenv -->\n</pre>\n"


@dataclass(frozen=True)
class Apache:
    """Where it is served, and the folder that is its own."""

    address: str
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "error.log").read_text(errors="replace")


def missing(*modules: str) -> str:
    """What to install, as a reason for skipping; empty if all is there."""
    names = [] if shutil.which("apache2") else ["apache2"]
    names += [PACKAGES[each] for each in modules if not (MODULES / f"mod_{each}.so").exists()]
    return f"Apache is not whole (apt-get install {' '.join(names)})" if names else ""


def configuration(folder: Path, port: int, config: str, modules: tuple[str, ...]) -> str:
    lines = [
        f'ServerRoot "{folder}"',
        f"Listen 127.0.0.1:{port}",
        "ServerName 127.0.0.1",
        f'PidFile "{folder}/pid"',
        f'ErrorLog "{folder}/error.log"',
        f'DefaultRuntimeDir "{folder}/run"',
        f"Mutex file:{folder}/run default",
        *(f"LoadModule {each}_module {MODULES}/mod_{each}.so" for each in (*NEEDED, *modules)),
        f'DocumentRoot "{folder}/pages"',
        "TypesConfig /dev/null",
        "AddDefaultCharset utf-8",
        "AddType text/html .shtml",
        "AddOutputFilter INCLUDES .shtml",
        "DirectoryIndex index.shtml",
        f'<Directory "{folder}/pages">\nOptions +Includes\nRequire all granted\n</Directory>',
        "StartServers 1",
        "MinSpareThreads 4",
        "MaxSpareThreads 16",
        "ThreadsPerChild 16",
        "MaxRequestWorkers 16",
    ]
    owner = _owner()
    lines += [f"User {owner}", f"Group {owner}"] if owner else []
    return "\n".join([*lines, config.replace("{folder}", str(folder)), ""])


def _owner() -> str:
    """Apache started by root hands over to an account without rights."""
    if os.geteuid() != 0:
        return ""
    return "www-data" if any(each.pw_name == "www-data" for each in pwd.getpwall()) else "nobody"


@contextmanager
def server(port: int, config: str, *modules: str, pages: tuple[str, ...] = ("",)) -> Iterator[Apache]:
    """`{folder}` in `config` is its own folder, with `kept/` for modules; `pages` are paths of the same page."""
    folder = Path(tempfile.mkdtemp(prefix="wutong-apache-"))
    folder.chmod(0o755)
    for name in ("pages", "run", "kept"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    for path in pages:
        (folder / "pages" / path).mkdir(parents=True, exist_ok=True)
        (folder / "pages" / path / "index.shtml").write_text(PAGE)
    (folder / "apache.conf").write_text(configuration(folder, port, config, modules))
    command = ["apache2", "-d", str(folder), "-f", str(folder / "apache.conf"), "-DFOREGROUND"]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait(process, port, folder)
        yield Apache(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def wait(process: subprocess.Popen[bytes], port: int, folder: Path, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    log = folder / "error.log"
    said = (folder / "out").read_text() + (log.read_text() if log.exists() else "")
    raise RuntimeError(f"Apache did not start:\n{said}")
