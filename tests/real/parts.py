"""The real parts: where dev/parts put them, why one is not there, and how PostgreSQL, MLflow and oauth2-proxy are started on loopback."""
import ctypes
import glob
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

SOURCE = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(SOURCE, "tests/cases"))

from harness import wait_for  # noqa: E402 (the path is set above)

PARTS = os.environ.get("MLFLOW_SETUP_PARTS", os.path.join(SOURCE, ".parts"))
MLFLOW = os.path.join(PARTS, "mlflow/bin")
OAUTH2_PROXY = os.path.join(PARTS, "bin/oauth2-proxy")
PYMYSQL = os.path.join(PARTS, "pymysql")  # for PYTHONPATH


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def ends_with_us(how=signal.SIGTERM):
    """For preexec_fn: the kernel sends that signal when this test ends, however it does. What it started is in sessions of its own, and a test that is killed
    unwinds nothing."""
    return lambda: LIBC.prctl(PR_SET_PDEATHSIG, int(how))


def part_missing(path, name):
    """Why a part is not there, or None."""
    try:
        with open(os.path.join(PARTS, f"{name}.why"), encoding="utf-8") as f:
            return f"{name} could not be installed: {f.read().strip()}"
    except OSError:
        return None if os.path.exists(path) else f"{name} is not installed: run dev/parts"


def mlflow_missing():
    return part_missing(os.path.join(MLFLOW, "mlflow"), "mlflow")


def proxy_missing():
    return part_missing(OAUTH2_PROXY, "oauth2-proxy")


def postgresql_bin():
    """The folder of PostgreSQL's programs, or None."""
    found = shutil.which("initdb")
    if found and os.path.exists(os.path.join(os.path.dirname(os.path.realpath(found)), "pg_ctl")):
        return os.path.dirname(os.path.realpath(found))
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
    return folders[-1] if folders else None


def postgresql_missing():
    return None if postgresql_bin() else "PostgreSQL is not installed: run dev/deps test"


def mariadb_missing():
    missing = [name for name in ("mariadbd", "mariadb-install-db", "mariadb") if not shutil.which(name)]
    return f"{missing[0]} is not installed: run dev/deps test" if missing else part_missing(PYMYSQL, "pymysql")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def http(method, url, headers=None, body=None, proxy=None, ca=None, timeout=60):
    """(status, headers, text) for a request with a JSON body or none; redirects are not followed. Without a proxy the environment's is not
    used."""
    handlers = [NoRedirect(), urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else {})]
    if ca:
        import ssl
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
    headers = dict(headers or {})
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as reply:
            return reply.status, reply.headers, reply.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as reply:
        return reply.code, reply.headers, reply.read().decode("utf-8", "replace")


class Process:
    """A program in its own process group with its output in a file; the whole group is ended with the with block."""

    def __init__(self, name, arguments, environment, log, cwd=None, signal_of_end=signal.SIGTERM, **options):
        self.name, self.arguments, self.environment, self.log, self.cwd = name, arguments, environment, log, cwd
        self.options = {"preexec_fn": ends_with_us(signal_of_end)} | options

    def __enter__(self):
        self.file = open(self.log, "wb")
        self.process = subprocess.Popen(self.arguments, env=self.environment, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=self.file,
                                        stderr=subprocess.STDOUT, start_new_session=True, **self.options)
        return self

    def __exit__(self, *_):
        for how, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                break
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait(10)
        self.file.close()

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def until(self, condition, what, seconds):
        """Waits until condition holds or the program has ended; True when it holds."""
        try:
            wait_for(lambda: self.process.poll() is not None or condition(), what, seconds)
        except TimeoutError:
            return False
        return self.process.poll() is None

    def group(self, name):
        """A file of /proc for each process of its group."""
        found = []
        for path in glob.glob("/proc/[0-9]*"):
            try:
                if os.getpgid(int(path[6:])) == self.process.pid:
                    with open(f"{path}/{name}", "rb") as f:
                        found.append(f.read().replace(b"\0", b" ").decode())
            except (OSError, ProcessLookupError):
                continue
        return found

    def members(self):
        """The command lines of its group."""
        return self.group("cmdline")

    def resident(self):
        """Bytes of memory of its group; what is shared counts for each."""
        return sum(int(text.split()[1]) for text in self.group("statm")) * os.sysconf("SC_PAGE_SIZE")

    def ended(self):
        """Asks the program itself to stop, as a cloud does; its exit code, or None when it has not ended after ten seconds."""
        self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            return None


def answers(url, **options):
    """Does anything answer there with 200?"""
    try:
        return http("GET", url, timeout=5, **options)[0] == 200
    except OSError:
        return False


class PostgreSQL:
    """A server on a socket in a folder of its own, run by an unprivileged user, with one role and one empty database."""

    def __init__(self, role, database, password):
        self.role, self.database, self.password = role, database, password

    def as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def run(self, program, *arguments, password=None, **options):
        return subprocess.run([os.path.join(self.bin, program), *arguments], env=self.environment | ({"PGPASSWORD": password} if password else {}),
                              cwd=self.folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **self.as_user(), **options)

    def __enter__(self):
        self.server, self.bin = None, postgresql_bin()
        self.folder = tempfile.mkdtemp(prefix="pg-", dir="/tmp")
        self.environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": self.folder}
        if os.geteuid() == 0:
            names = {u.pw_name: u for u in pwd.getpwall()}
            self.user = names.get("postgres") or names["nobody"]
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        else:
            self.user = pwd.getpwuid(os.geteuid())
        owner = self.file("owner", secrets.token_hex(16))
        made = self.run("initdb", "-D", f"{self.folder}/data", "-A", "scram-sha-256", "-U", "owner", "--pwfile", owner, "-N")
        if made.returncode:
            self.__exit__()
            raise RuntimeError(made.stdout + made.stderr)
        # SIGQUIT: it does not wait for those who are connected.
        self.server = Process("PostgreSQL", [os.path.join(self.bin, "postgres"), "-D", f"{self.folder}/data", "-k", self.folder, "-h", "", "-c", "fsync=off"],
                              self.environment, f"{self.folder}/log", self.folder, signal.SIGQUIT, **self.as_user())
        self.server.__enter__()
        if not self.server.until(lambda: self.run("pg_isready", "-q", "-h", self.folder).returncode == 0, "PostgreSQL", 30):
            said = self.server.said()
            self.__exit__()
            raise RuntimeError(said)
        with open(owner, encoding="utf-8") as f:
            self.environment["PGPASSWORD"] = f.read()
        quoted = self.password.replace("'", "''")
        self.sql("postgres", f'create role "{self.role}" login password \'{quoted}\'')
        self.sql("postgres", f'create database "{self.database}" owner "{self.role}"')
        return self

    def file(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o600)
        if os.geteuid() == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def sql(self, database, statement):
        # The statement goes by a file: it may hold a password.
        run = self.run("psql", "-h", self.folder, "-U", "owner", "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-f",
                       self.file("statement.sql", statement + ";\n"))
        if run.returncode:
            raise RuntimeError(run.stderr)
        return run.stdout.strip()

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "-t", "30", "stop")
        if self.server:
            self.server.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)


class MariaDB:
    """A server on a socket in a folder of its own, as MySQL, with one user and one empty database."""

    def __init__(self, user, database, password):
        self.user, self.database, self.password = user, database, password

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="maria-", dir="/tmp")
        self.socket, data = f"{self.folder}/s", f"{self.folder}/data"
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": self.folder}
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        made = subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", *as_root],
                              env=environment, cwd=self.folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        if made.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise RuntimeError(made.stdout + made.stderr)
        self.process = Process("MariaDB", ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-networking",
                                           f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=0", *as_root], environment, f"{self.folder}/log")
        self.process.__enter__()
        if not self.process.until(self.answers, "MariaDB", 30):
            said = self.process.said()
            self.__exit__()
            raise RuntimeError(said)
        self.sql("drop user if exists ''@'localhost', ''@'" + socket.gethostname() + "'")  # they would be taken for ours
        quoted = self.password.replace("\\", "\\\\").replace("'", "''")
        self.sql(f"create database {self.database} character set utf8mb4; create user '{self.user}'@'%' identified by '{quoted}'; "
                 f"grant all on {self.database}.* to '{self.user}'@'%'")
        return self

    def ask(self, statements):
        # They go by standard input: they may hold a password.
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch", "--skip-column-names"], input=statements + ";\n",
                              env={"PATH": "/usr/bin:/bin", "HOME": self.folder}, capture_output=True, text=True, timeout=60)

    def answers(self):
        return self.ask("select 1").returncode == 0

    def sql(self, statements):
        run = self.ask(statements)
        if run.returncode:
            raise RuntimeError(run.stderr)
        return run.stdout.strip()

    def __exit__(self, *_):
        self.process.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)
