"""A real Neo4j Community server without Docker: its jars from Maven Central, run by the Java of this machine.

python -m tests.connectors.neo4j.server            run one in the foreground (``make neo4j``); its data stay
python -m tests.connectors.neo4j.server --install  only fetch the jars, so that the tests need not wait for them
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

__all__ = ["VERSION", "Neo4jServer", "NotInstalled", "free_port", "install", "install_apoc", "start_foreground"]

VERSION = "5.26.30"
POM = Path(__file__).with_name("pom.xml")
BOOT_SECONDS = 200.0
_OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
_JAVA = re.compile(r'version "(\d+)')


class NotInstalled(Exception):
    """Java 17 or newer, Maven or the jars are not there; the message says which."""


def cache() -> Path:
    """The user's cache folder of kgqa: nothing of the server lies in the repository."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgqa" / f"neo4j-{VERSION}"


def install() -> Path:
    """The folder with the jars, fetched by Maven on first use (95 MB).

    Raises:
        NotInstalled: no Java 17, no Maven, or Maven could not reach its repository.
    """
    _check_java()
    jars = cache() / "lib"
    if not jars.is_dir():
        _fetch(POM, jars)
    return jars


def install_apoc() -> Path:
    """The folder with the jars of APOC, which the libraries that the benchmark compares with need on the server.

    Raises:
        NotInstalled: Maven could not fetch them.
    """
    jars = cache() / "apoc"
    if not jars.is_dir():
        _fetch(POM.with_name("pom_apoc.xml"), jars)
    return jars


def _fetch(pom: Path, jars: Path) -> None:
    if shutil.which("mvn") is None:
        raise NotInstalled("Maven is not installed (Debian: apt-get install maven), so there is no Neo4j server")
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}/lib")
        ran = subprocess.run(("mvn", "-B", "-q", "-f", str(pom), *goal), capture_output=True, text=True)
        if ran.returncode:
            raise NotInstalled(f"Maven could not fetch {pom.name}: {(ran.stdout + ran.stderr).strip()[-600:]}")
        if not jars.is_dir():
            (Path(folder) / "lib").rename(jars)


def _check_java() -> None:
    if shutil.which("java") is None:
        raise NotInstalled(
            "Java is not installed (Debian: apt-get install openjdk-17-jre-headless), so there is no Neo4j"
        )
    said = subprocess.run(("java", "-version"), capture_output=True, text=True).stderr
    found = _JAVA.search(said)
    if found is None or int(found[1]) < 17:
        raise NotInstalled(f"Neo4j {VERSION} needs Java 17 or newer; here is: {said.splitlines()[0] if said else '?'}")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Neo4jServer:
    """A server of its own in the folder ``home``, on loopback. ``start()`` returns when Bolt answers."""

    user = "neo4j"
    database = "neo4j"

    def __init__(self, home: Path, port: int, password: str, *, large: bool = False, apoc: bool = False) -> None:
        self.home = home
        self.port = port
        self.password = password
        self.large = large
        self.apoc = apoc
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Where Bolt answers."""
        return f"neo4j://127.0.0.1:{self.port}"

    def start(self) -> Neo4jServer:
        """Start it, and wait until Bolt answers.

        Raises:
            NotInstalled: see ``install``.
            RuntimeError: the server ended, or did not answer in time; with the end of its log.
        """
        jars = install()
        self._prepare(jars)
        if self.apoc:
            shutil.copytree(install_apoc(), self.home / "plugins", dirs_exist_ok=True)
        with (self.home / "logs" / "console.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(jars), stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it in order; data stay in its folder."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power failure would."""
        self._end(signal.SIGKILL)

    def wait(self) -> None:
        """Return when the server ends."""
        assert self._process is not None
        self._process.wait()

    def __enter__(self) -> Neo4jServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _prepare(self, jars: Path) -> None:
        for name in ("conf", "data", "logs", "plugins", "import", "run"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        lines = (
            f"server.bolt.listen_address=127.0.0.1:{self.port}",
            f"server.bolt.advertised_address=127.0.0.1:{self.port}",
            "server.http.enabled=false",
            "server.https.enabled=false",
            "dbms.security.auth_enabled=true",
            f"server.memory.pagecache.size={'512m' if self.large else '128m'}",
            "dbms.usage_report.enabled=false",
            "db.tx_log.preallocate=false",
            "internal.server.bolt.thread_pool_shutdown_wait_time=0s",
            "server.directories.import=import",
            "dbms.security.allow_csv_import_from_file_urls=false",
            "db.transaction.timeout=60s",
            f"dbms.memory.transaction.total.max={'1g' if self.large else '256m'}",
            *(["dbms.security.procedures.unrestricted=apoc.*"] if self.apoc else []),
        )
        (self.home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if not (self.home / "data" / "dbms").exists():
            environment = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
            admin = ("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", self.password)
            command = ("java", "-Xmx128m", "-cp", f"{jars}/*", *admin)
            subprocess.run(command, env=environment, check=True, capture_output=True)

    def _command(self, jars: Path) -> Sequence[str]:
        heap = (
            ("-Xms1g", "-Xmx2g")
            if self.large
            else ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        )
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
        folders = (f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}", "--console-mode")
        main = "org.neo4j.server.CommunityEntryPoint"
        return ("java", *heap, *opened, "-cp", f"{jars}/*:{self.home}/plugins/*", main, *folders)

    def _wait(self) -> None:
        """Asks the port, not the driver: that one sleeps for seconds after a refused connection."""
        assert self._process is not None
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        log = (self.home / "logs" / "console.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"Neo4j did not start. The end of its log:\n{log[-2000:]}")


def start_foreground(home: Path, port: int, *, large: bool, apoc: bool) -> None:
    """Run a server until Ctrl-C and say how to reach it. Its password is made once and kept beside its data."""
    home.mkdir(parents=True, exist_ok=True)
    secret = home / "password"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(12), encoding="ascii")
    with Neo4jServer(home, port, secret.read_text(encoding="ascii"), large=large, apoc=apoc) as server:
        sys.stdout.write(
            f"Neo4j {VERSION} answers. Its data stay in {home}. Ctrl-C ends it. In another terminal:\n"
            f"  export NEO4J_URI={server.uri} NEO4J_USERNAME={server.user} NEO4J_PASSWORD={server.password}\n"
            "  export KGQA_GRAPH__STORE=neo4j://\n  kgqa ingest documents/\n"
        )
        sys.stdout.flush()
        try:
            server.wait()
        except KeyboardInterrupt:
            sys.stdout.write("\nStopping.\n")


def main() -> int:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="only fetch the jars")
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--home", type=Path, default=cache() / "server", help="folder of its data")
    parser.add_argument("--large", action="store_true", help="memory for a million facts instead of little")
    parser.add_argument("--apoc", action="store_true", help="with APOC, for make bench-rivals")
    given = parser.parse_args()
    try:
        if given.install:
            install()
        else:
            start_foreground(given.home, given.port, large=given.large, apoc=given.apoc)
    except NotInstalled as error:
        sys.stderr.write(f"{error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
