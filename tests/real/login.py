#!/usr/bin/env python3
"""Logging in to the database without a password, for real: MLflow, started from the files that `render` writes, on PostgreSQL and on MariaDB, which ask
for tokens as Cloud SQL does. Google is played here: a metadata server whose tokens live two seconds, and what judges them when somebody logs in."""
import contextlib
import http.server
import json
import os
import re
import secrets
import shutil
import socketserver
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from parts import http as ask  # noqa: E402

from harness import Home, Sim, done, ok, read, result_of, skip, wait_for  # noqa: E402

LIFE = 2
API = "/api/2.0/mlflow/experiments"
SCOPE = "https://www.googleapis.com/auth/sqlservice.login"
ROLES = """create role cloudsqlsuperuser nologin createdb createrole; grant cloudsqlsuperuser to mlflow;
alter database mlflow owner to cloudsqlsuperuser; create role "{user}" login"""


class Google:
    """Tokens of the server's account, and whether one opens a database now."""

    def __init__(self):
        self.issued, self.allowed, self.told = {}, True, lambda token: None

    def issue(self):
        token = "ya29." + secrets.token_urlsafe(48)
        self.issued[token] = time.monotonic() + LIFE
        self.told(token)
        return token

    def opens(self, token):
        return self.allowed and self.issued.get(token, 0) > time.monotonic()


def metadata(google, asked):
    """Its metadata server: whoever asks must say that he means it."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            path = self.path.split("?")[0]
            if path != "/" and self.headers.get("Metadata-Flavor") != "Google":
                self.send_error(403)
                return
            body = {"access_token": google.issue(), "expires_in": LIFE, "token_type": "Bearer"} if path.endswith("/token") else \
                {"email": "server@demo-proj.iam.gserviceaccount.com", "aliases": ["default"], "scopes": []}
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass
    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def element(data):
    """The first element of BER, and what follows it: (tag, content, rest)."""
    length, at = data[1], 2
    if length & 0x80:
        at += length & 0x7f
        length = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + length], data[at + length:]


def judge(google):
    """The directory that PostgreSQL asks about a password: an LDAP server that knows the bind request alone (RFC 4511, 4.2)."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            message = element(self.request.recv(65536))[1]
            _, number, rest = element(message)
            tag, bind, _ = element(rest)
            if tag == 0x60:
                _, _, rest = element(bind)
                _, _, rest = element(rest)
                good = google.opens(element(rest)[1].decode())
                answer = bytes([0x61, 7, 0x0a, 1, 0 if good else 49, 4, 0, 4, 0])
                inner = bytes([2, len(number)]) + number + answer
                self.request.sendall(bytes([0x30, len(inner)]) + inner)
                self.request.recv(65536)  # the unbind, or the end

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
    return Server(("127.0.0.1", 0), Handler)


@contextlib.contextmanager
def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


class Stack:
    """What `render` writes, put where the Dockerfile puts it; only ports and places differ here."""

    def __init__(self, home, engine, port):
        self.home, self.engine, self.folder = home, engine, home.file(f"rendered-{engine}")
        answers = home.example(f"{engine}.json", auth__client_secret="env:CLIENT_SECRET", database__login="account", database__engine=engine,
                               database__path="public", **({"database__version": "MYSQL_8_4"} if engine == "mysql" else {}))
        with Sim(home) as sim:
            run = sim.run("apply", answers, "--json", timeout=100)
        ok(result_of(run.stdout).get("outcome") == "proven", f"{engine}: a stack that logs in as its account stands", run.stdout[-1500:], run.stderr)
        run = home.run("render", answers, "--out", self.folder, "--quiet")
        ok(run.returncode == 0, f"{engine}: render writes its files", run.stderr)
        for source, to in re.findall(r"^COPY (\S+) /app/(login/\S+)$", read(self.path("Dockerfile")).decode(), re.M):
            os.makedirs(os.path.dirname(home.file(to)), exist_ok=True)
            shutil.copy(self.path(source), home.file(to))
        said = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", self.path("server.env")], stdout=subprocess.PIPE,
                              timeout=20, check=True).stdout.decode()
        self.environment = {
            "PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": home.path,
            "PYTHONPATH": f"{home.file('login')}:{parts.PYMYSQL}", "GCE_METADATA_HOST": f"127.0.0.1:{port}", "GCE_METADATA_IP": f"127.0.0.1:{port}",
            "MLFLOW_CRYPTO_KEK_PASSPHRASE": "x" * 40, "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": "A" * 43 + "="}
        self.environment |= dict(entry.split("=", 1) for entry in said.split("\0") if entry)
        self.environment["MLFLOW_WORKERS"] = "1"  # two servers are enough to wait for
        self.user = self.environment.get("PGUSER") or self.environment["MYSQL_USER"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def moved(self, frm, to):
        """Has the scripts and the address of the database name another place."""
        for name in ("start.sh", "migrate.sh"):
            text = read(self.path(name)).decode().replace(frm, to)
            with open(self.path(name), "w", encoding="utf-8") as f:
                f.write(text)
        self.environment = {name: value.replace(frm, to) for name, value in self.environment.items()}

    def migrate(self):
        return subprocess.run(["/bin/sh", self.path("migrate.sh")], env=self.environment, cwd=self.home.path, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def start(self, port):
        return parts.Process("MLflow", ["/bin/sh", self.path("start.sh")], self.environment | {"SERVER_PORT": str(port)},
                             self.home.file(f"{self.engine}-{port}.log"), self.home.path)


def search(port):
    return ask("POST", f"http://127.0.0.1:{port}{API}/search", {"Host": "localhost"}, {"max_results": 1})[0]


def served(stack, google, cut, scope):
    """Two servers start at once; both go on when their connections are cut and the tokens that opened them have ended, and neither where the account may
    not log in any more."""
    ports = [parts.free_port(), parts.free_port()]
    servers = [scope.enter_context(stack.start(port)) for port in ports]
    up = [s.until(lambda p=p: parts.answers(f"http://127.0.0.1:{p}/health"), "MLflow", 180) for s, p in zip(servers, ports)]
    if not ok(all(up), f"{stack.engine}: two servers start at once on it", *[s.said()[-1500:] for s in servers]):
        return
    status, _, text = ask("POST", f"http://127.0.0.1:{ports[0]}{API}/create", {"Host": "localhost"}, {"name": "by token"})
    ok(status == 200 and search(ports[1]) == 200, f"{stack.engine}: they write and read", status, text)
    before = len(google.issued)
    wait_for(lambda: all(end < time.monotonic() for end in google.issued.values()), "the tokens' end", LIFE + 5)
    cut()
    ok([search(port) for port in ports] == [200, 200] and len(google.issued) > before, f"{stack.engine}: a new connection shows a new token")
    google.allowed = False
    cut()
    statuses = [search(port) for port in ports]
    ok(all(s >= 500 for s in statuses), f"{stack.engine}: where the account may not log in any more, nothing is served", statuses)
    google.allowed = True
    wait_for(lambda: search(ports[0]) == 200, f"{stack.engine} again", 30, 0.2)
    spoken = "".join(s.said() + "".join(s.members()) for s in servers)
    ok(not any(token in spoken for token in google.issued), f"{stack.engine}: no token is in a log or a command line")


def on_postgresql(home, google, port, asked):
    with contextlib.ExitStack() as scope:
        stack = Stack(home, "postgresql", port)
        ok(stack.user == "mlflow-server@demo-proj.iam" and "PGPASSWORD" not in stack.environment, "postgresql: the account is the user, and there is no password",
           stack.user)
        postgresql = scope.enter_context(parts.PostgreSQL("mlflow", "mlflow", "owner's"))
        postgresql.sql("postgres", ROLES.format(user=stack.user))
        hba = f'local all "{stack.user}" ldap ldapserver=127.0.0.1 ldapport={scope.enter_context(serving(judge(google)))} ldapprefix=""\n'
        postgresql.file("data/pg_hba.conf", hba + "local all all scram-sha-256\n")
        postgresql.run("pg_ctl", "-D", f"{postgresql.folder}/data", "reload")
        stack.environment["PGHOST"] = postgresql.folder
        def psql(user, password, statement, options=""):
            return postgresql.run("psql", f"host={postgresql.folder} user={user} dbname=mlflow options='{options}'", "-XAtc", statement, password=password)

        run = psql(stack.user, google.issue(), "select 1", stack.environment["PGOPTIONS"])
        ok('permission denied to set role "mlflow"' in run.stderr, "postgresql: the account has to be a member of the owner", run.stdout, run.stderr)
        postgresql.sql("postgres", f'grant mlflow to "{stack.user}"')
        run = stack.migrate()
        ok(run.returncode == 0, "postgresql: migrate.sh fills an empty database", run.stdout, run.stderr[-2000:])
        owners = postgresql.sql("mlflow", "select distinct tableowner from pg_tables where schemaname = 'public'")
        ok(owners == "mlflow", "postgresql: every table is the owner's", owners)
        ok(any(SCOPE in path.replace("%3A", ":").replace("%2F", "/") for path in asked), "the tokens are for logging in to databases alone", *asked)
        served(stack, google, lambda: postgresql.sql("postgres", f"select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{stack.user}'"),
               scope)
        old = psql(stack.user, next(iter(google.issued)), "select 1")
        ok(old.returncode and "authentication failed" in old.stderr, "postgresql: a token that has ended opens nothing", old.stdout, old.stderr)
        back = psql("mlflow", "owner's", "select count(*) from experiments")
        ok(back.stdout.strip() == "2", "postgresql: the owner finds the same tables with a password", back.stdout, back.stderr)


def on_mariadb(home, google, port):
    with contextlib.ExitStack() as scope:
        stack = Stack(home, "mysql", port)
        ok(stack.user == "mlflow-server" and "MYSQL_PASSWORD" not in stack.environment, "mysql: the account is the user, and there is no password", stack.user)
        stack.moved("/tmp/mysql", home.file("mysql"))
        mariadb = scope.enter_context(parts.MariaDB(stack.user, "mlflow", "nobody's"))
        stack.environment |= {"MYSQL_HOST": "localhost", "MYSQL_SOCKET": mariadb.socket}
        google.told = lambda token: mariadb.sql(f"alter user '{stack.user}' identified by '{token if google.allowed else secrets.token_hex()}'")
        run = stack.migrate()
        ok(run.returncode == 0, "mysql: migrate.sh fills an empty database", run.stdout, run.stderr[-2000:])
        cut = "select concat('kill ', id, ';') from information_schema.processlist where user = '{}'"
        served(stack, google, lambda: mariadb.sql(mariadb.sql(cut.format(stack.user)) or "select 1"), scope)
        options = home.file("mysql.cnf")
        ok('password = ""' in read(options).decode() and os.stat(options).st_mode & 0o077 == 0, "mysql: no token is in the option file", read(options))


def main():
    missing = parts.mlflow_missing() or parts.postgresql_missing()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    with Home() as home:
        for engine, why in (("postgresql", None), ("mysql", parts.mariadb_missing())):
            if sys.argv[1:] and engine not in sys.argv[1:]:
                continue
            if why:
                skip(f"{engine}", why)
                continue
            google, asked = Google(), []
            with serving(metadata(google, asked)) as port:
                on_postgresql(home, google, port, asked) if engine == "postgresql" else on_mariadb(home, google, port)
    done()


main()
