"""Trials of the machine that the program runs on: hostile files and variables, closed descriptors, full disks, injections into what is rendered."""
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import judge
import terminals
from clouds import example
from harness import SECRET, Home, Sim, everything_written, read

FAST = 60  # seconds: none of these speaks to a cloud, and one that cannot be reached is given up after half of it


def write(path, data):
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, 0o600)


# Files --------------------------------------------------------------------------------------------------------------------------------------


def mutated(data, rnd):
    """Bytes of a good file with a few changed, gone, doubled, put in."""
    data = bytearray(data)
    for _ in range(rnd.choice((1, 1, 2, 8))):
        at = rnd.randrange(len(data) + 1)
        how = rnd.randrange(5)
        if how == 0 and at < len(data):
            data[at] ^= 1 << rnd.randrange(8)
        elif how == 1:
            del data[at:at + rnd.choice((1, 5, 400))]
        elif how == 2:
            data[at:at] = rnd.choice((b"\0", b"\x1b[2J", b"\xff", b"[" * 50, b'"', b"\\ud800", b"{", b",", b"\n", b"\xe2\x80\xae", b"1e999", b"-", rnd.randbytes(6)))
        elif how == 3:
            data[at:at] = data[at:at + rnd.choice((10, 300))]
        else:
            del data[at:]
    return bytes(data)


def planted(path, good, rnd):
    """Puts a hostile file there; what it is."""
    kind = rnd.choice(("mutated", "mutated", "mutated", "FIFO", "directory", "zero device", "loop", "dangling", "huge", "NUL", "UTF-16", "deep", "twice", "other owner", "writable",
                       "empty", "long line", "unreadable", "socket", "a number", "tricks", "key storm"))
    if os.path.lexists(path):
        os.unlink(path)
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "socket":
        import socket
        try:
            socket.socket(socket.AF_UNIX).bind(path)
        except OSError:
            os.mkfifo(path)
    elif kind in ("zero device", "loop", "dangling"):
        os.symlink({"zero device": "/dev/zero", "loop": path, "dangling": path + ".nowhere"}[kind], path)
    elif kind == "huge":
        write(path, good)
        os.truncate(path, 5 << 30)
    else:
        write(path, {"NUL": good + b"\0\0", "UTF-16": good.decode(errors="replace").encode("utf-16"), "deep": b"[" * 300000, "twice": good.replace(b"{", b'{"format":1,"format":2,"type":"x","type":"y",', 1),
                     "empty": b"", "long line": b'{"' + b"a" * (3 << 20) + b'":1}', "a number": b"9" * 100000, "tricks": json.dumps({t: {t: t} for t in judge.TRICKS}).encode(),
                     "key storm": b"{" + b",".join(b'"k%d":1' % i for i in range(60000)) + b"}"}.get(kind, mutated(good, rnd) if kind == "mutated" else good))
    if kind == "other owner" and os.geteuid() == 0:
        os.chown(path, 12345, 12345)
    if kind == "writable":
        os.chmod(path, 0o666)
    if kind == "unreadable":
        os.chmod(path, 0)
    return kind


CREDENTIALS = ({"type": "authorized_user", "client_id": "a", "client_secret": SECRET, "refresh_token": "1//refresh-token-that-stays"},
               {"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "private_key": "-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n", "private_key_id": "k",
                "token_uri": "https://oauth2.googleapis.com/token", "project_id": "p"},
               {"type": "impersonated_service_account", "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.iam.gserviceaccount.com:generateAccessToken",
                "source_credentials": {"type": "authorized_user", "client_id": "a", "client_secret": SECRET, "refresh_token": "1//refresh-token-that-stays"}},
               {"type": "external_account", "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": "/dev/zero"}})
FEDERATED = CREDENTIALS[3]
# Of each type, what sends somebody's token elsewhere, runs something, reads without end, or is another type's.
CREDENTIALS += tuple(
    FEDERATED | other for other in (
        {"credential_source": {"executable": {"command": "/bin/sh -c 'touch owned'", "timeout_millis": 5000}}},
        {"credential_source": {"url": "http://127.0.0.1:9/", "headers": {"Metadata": "a\r\nInjected: b"}, "format": {"type": "json", "subject_token_field_name": "x"}}},
        {"credential_source": {"url": "file:///etc/passwd"}}, {"credential_source": {"file": "/proc/self/environ"}}, {"credential_source": []}, {"credential_source": {}},
        {"credential_source": {"environment_id": "aws1", "region_url": "http://evil.example.net/", "regional_cred_verification_url": "http://evil.example.net/"}},
        {"token_url": "https://sts.googleapis.com.evil.example.net/v1/token"}, {"token_url": "https://evil.example.net/@sts.googleapis.com/v1/token"}, {"audience": "a\r\nb"},
        {"service_account_impersonation_url": "https://evil.example.net/x:generateAccessToken"}, {"universe_domain": "evil.example.net"}, {"subject_token_type": "\x1b[2J"})) + (
    {"type": "impersonated_service_account", "service_account_impersonation_url": "https://iamcredentials.googleapis.com.evil.example.net/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
     "source_credentials": CREDENTIALS[0]},
    {"type": "impersonated_service_account", "service_account_impersonation_url": CREDENTIALS[2]["service_account_impersonation_url"], "source_credentials": CREDENTIALS[2]},
    {"type": "external_account_authorized_user", "client_id": "a", "client_secret": SECRET, "refresh_token": "1//refresh-token-that-stays"}, {"type": "gdch_service_account", "private_key": SECRET},
    {"type": SECRET}, {"type": ["authorized_user"]}, {"type": "authorized_user"}, {"type": "\x1b]0;x\x07"}, CREDENTIALS[0] | {"quota_project_id": "a\r\nb"}, CREDENTIALS[0] | {"refresh_token": {"$secret": "x"}},
    CREDENTIALS[1] | {"token_uri": "https://evil.example.net/token"}, CREDENTIALS[1] | {"private_key": "x" * 60000})
WORLD = {"policies": {"gcp.resourceLocations": {"allow": ["in:eu-locations"]}}}
DOWNLOAD = {"web": {"client_id": "1-a.apps.googleusercontent.com", "client_secret": SECRET, "redirect_uris": ["https://x"]}}


def file_trial(seed):
    """One hostile file in one of the places where the program reads one: (kind, what was done, what is wrong)."""
    rnd = random.Random(f"file {seed}")
    with Home() as home:
        answers, where = example(home, "cloud-run"), rnd.choice(("answers", "answers", "answers", "credentials", "gcloud's settings", "world", "faults", "authority", "secret", "download", "journal"))
        path, command, env = home.file("planted"), ["plan", "--rehearse", answers], {"CLIENT_SECRET": SECRET}
        good = b"{}"
        if where == "answers":
            good, path = read(answers), answers
            command = [rnd.choice(("plan", "apply", "validate", "connect", "destroy", "render")), "--rehearse", path, "--yes", "--out", home.file("out")]
        elif where == "credentials":
            good = json.dumps(rnd.choice(CREDENTIALS), indent=1).encode()
            command, env["GOOGLE_APPLICATION_CREDENTIALS"] = ["plan", answers, "--cloud-proxy", "http://127.0.0.1:9"], path
        elif where == "gcloud's settings":
            os.makedirs(home.file("gcloud/configurations"))
            path, good = home.file("gcloud/" + rnd.choice(("active_config", "configurations/config_default", "application_default_credentials.json"))), b"[core]\nproject = x\ncustom_ca_certs_file = /dev/zero\n"
            command, env["CLOUDSDK_CONFIG"] = ["plan", answers, "--cloud-proxy", "http://127.0.0.1:9"], home.file("gcloud")
            env["NO_GCE_CHECK"] = "true"
        elif where in ("world", "faults"):
            good = json.dumps(WORLD if where == "world" else [{"nth": 3, "status": 503}]).encode()
            command += [f"--{where}", path]
        elif where == "authority":
            good = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            owner = home.file("owner", CREDENTIALS[0])
            command, env["GOOGLE_APPLICATION_CREDENTIALS"] = ["plan", answers, "--cloud-proxy", "http://127.0.0.1:9", "--cloud-ca", path], owner
        elif where in ("secret", "download"):
            good = SECRET.encode() if where == "secret" else json.dumps(DOWNLOAD).encode()
            command = ["apply", "--rehearse", answers, "--set", f"auth.client_secret=file:{path}"]
        else:
            judge.run(home, ["plan", "--rehearse", answers], env=env, patience=FAST)
            state = home.file("state/mlflow-setup")
            os.makedirs(state, mode=0o700, exist_ok=True)
            path = os.path.join(state, rnd.choice(("journal", "lock", "demo-proj-mlflow.journal", "demo-proj.mlflow.journal", "demo-proj-mlflow.lock")))
            good, command = b"%08x %08x {}\n" % (2, 0), ["apply", "--rehearse", answers]
        kind = planted(path, good, rnd)
        before = read(answers) if where != "answers" and os.path.isfile(answers) else None
        ended = judge.run(home, command, env=env, patience=FAST, cwd=home.path)
        fault = judge.fault_of(ended, (SECRET, "1//refresh-token-that-stays"))
        fault = fault or (ended.how != "by itself" and f"it waits for ever: {ended.tail()}") or (before and judge.answers_fault(answers, before))
        fault = fault or (os.path.exists(home.file("owned")) and "what a file names was run")
        if kind == "FIFO" and not stat.S_ISFIFO(os.lstat(path).st_mode):
            fault = "the FIFO was replaced"
        return "files", f"{kind} as {where}, {' '.join(command[:1])}, seed {seed}", fault or None


# Variables ------------------------------------------------------------------------------------------------------------------------------------

VARIABLES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "LC_ALL", "LANG", "LANGUAGE", "LOCPATH", "NLSPATH", "TERM", "TERMINFO", "COLUMNS", "LINES", "TZ", "TMPDIR",
             "https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_CORE_PROJECT",
             "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT", "GCE_METADATA_HOST", "GCE_METADATA_IP", "NO_GCE_CHECK", "NO_COLOR",
             "CLICOLOR", "CLICOLOR_FORCE", "ACCESSIBLE", "ESCDELAY", "EDITOR", "VISUAL", "BROWSER", "SHELL", "PATH", "CLIENT_SECRET", "MLFLOW_SETUP_SIM_STRICT", "OPENSSL_CONF", "TEXTDOMAINDIR")
VALUES = ("", "/", "/dev/null", "/dev/zero", "/proc/self/environ", "../../../..", "x" * 100000, "%s%n%1$999999d", "-1", "0", "99999999999999999999", "C.UTF-8\n", "tr_TR.UTF-8", "a:b:c" * 3000, "de_DE.UTF-8@euro",
          "\x1b[2J\u202e", "a\nInjected: header", "http://\x1b[31m@x:99999", "http://user:" + SECRET + "@127.0.0.1:1", "file:///etc/passwd", "socks5h://127.0.0.1:1", "{}", '{"type":"authorized_user"}', SECRET,
          "127.0.0.1:1/../x?a#b", "169.254.169.254@evil.example.net", "$(touch owned)", "xterm-256color\x1b", "..", "~", "\u0130", " ")


def variable_trial(seed):
    rnd = random.Random(f"variable {seed}")
    with Home() as home:
        answers = example(home, "cloud-run")
        env = home.environment | {"CLIENT_SECRET": SECRET}
        chosen = {rnd.choice(VARIABLES): rnd.choice(VALUES) for _ in range(rnd.choice((1, 1, 2, 4)))}
        for name, value in chosen.items():
            env[name] = value.encode() + rnd.choice((b"", b"\xff\xfe")) if rnd.random() < 0.2 else value
        command = rnd.choice((["plan", "--rehearse", answers], ["apply", "--rehearse", answers], ["connect", "--rehearse", answers], ["--help"], ["validate", answers], ["questions"],
                              ["plan", answers, "--cloud-proxy", "http://127.0.0.1:9"], ["--rehearse", "--plain", answers]))
        before = read(answers)
        # Without a network of its own it would look for the metadata server: that is refused at once.
        env.setdefault("NO_GCE_CHECK", "true")
        ended = judge.run(home, command, whole_env=env, patience=FAST, cwd=home.path)
        # A path that is named by a variable may be shown; what was set as a secret may not.
        fault = judge.fault_of(ended) or (ended.how != "by itself" and f"it waits for ever: {ended.tail()}") or judge.answers_fault(answers, before)
        fault = fault or (os.path.exists(home.file("owned")) and "a variable was run as a command")
        return "variables", f"{ {k: v[:40] for k, v in chosen.items()} } {command[0]}, seed {seed}", fault or None


# Arguments and answers that are text -------------------------------------------------------------------------------------------------------------


def argument_trial(seed):
    """Any question, by any text; any verb, by any flag."""
    rnd = random.Random(f"argument {seed}")
    with Home() as home:
        answers = example(home, "cloud-run")
        ids = list(json.loads(read(answers))["answers"])
        words = list(judge.TRICKS[:7]) + ["", "'", '"; touch owned; "', "$(touch owned)", "`touch owned`", "a=b\\", "{{stack.name}}", "${HOME}", "#", "a: b", "- x", "[]", "{}", "\t", "!!python/x", "%", "x" * 90000,
                                          "é", "😀", "-1", "1e9", "2147483648", "NaN", "null", "true"]
        word = "".join(rnd.choice(words) for _ in range(rnd.choice((1, 1, 2)))).replace("\0", "").replace("\ud800", "")
        command = [rnd.choice(("validate", "plan", "render", "connect")), "--rehearse", answers, "--out", home.file("out"), "--set", f"{rnd.choice(ids)}={word}"]
        if rnd.random() < 0.2:
            command = [rnd.choice((word[:2000] or "x", "plan", "--" + word[:2000])), rnd.choice((word[:2000], answers, "--set")), "--" + rnd.choice(("world", "seed", "speed", "color", "delete-data", "out")), word[:2000]]
        ended = judge.run(home, command, env={"CLIENT_SECRET": SECRET}, patience=FAST, cwd=home.path)
        fault = judge.fault_of(ended) or (ended.how != "by itself" and f"it waits for ever: {ended.tail()}") or (os.path.exists(home.file("owned")) and "an answer was run as a command")
        return "arguments", f"{[c[:60] for c in command]}, seed {seed}", fault or None


# Settings that land in files: for sh, Docker, systemd, pip, TOML. A benign value and a hostile one of the same kind make files of the same lines.
SETTINGS = {"server.environment": ("NAME=%s",), "image.packages": ("pandas==%s", "%s"), "database.flags": ("log_lock_waits=%s",), "server.extra_hosts": ("%s.example.com", "%s"),
            "server.extra_origins": ("https://%s.example.com", "%s"), "auth.users": ("%s@example.com",), "auth.domains": ("%s.example.com", "%s"), "domain.host": ("%s.example.com",), "server.roles": ("roles/%s",),
            "auth.client_id": ("%s-x.apps.googleusercontent.com", "%s"), "auth.service_accounts": ("%s@demo-proj.iam.gserviceaccount.com",), "image.mlflow_version": ("%s",), "auth.groups": ("%s@example.com",),
            "project.id": ("%s",), "stack.name": ("%s",), "region": ("%s",), "database.tier": ("%s",)}
INJECTIONS = ("a\nRUN touch owned", "a\nEVIL=1", "a'; touch owned; '", 'a"; touch owned; "', "$(touch owned)", "`touch owned`", "${HOME}", "$$x", "a\\", "a\\\nb", "a\rb", "{{project.id}}", "{{{x}}}", "%h%i", "a#b", "a: b", "- a",
              "a\u2028b", "a b", "--index-url=https://evil.example.net", "-e git+https://evil.example.net/x", "a; python_version<'4'", "a @ https://evil.example.net/x.whl", "a]\nx=[", "a',\nb='", "a\x85b", "é", "\u202ea", "a,b",
              "a&b|c>d", "~", "*", "!x", "\\x41", "a\tb", "EOF", "a\nEOF\ntouch owned\n", "=a", "a=b", "a\u2029runcmd: [touch owned]", " a", "a ", "\u3000a", "a\ufeff", "\u00a0")
FREE = "server.environment"  # whose values may be any text: they must arrive as they are


def rendered(home, answers, name, setting, value):
    """(the run, file -> lines) of a render with the setting so."""
    path, out = home.file(f"{name}.json"), home.file(name)
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"][setting] = [value] if isinstance(whole["answers"].get(setting), list) or setting in ("server.environment", "image.packages", "database.flags", "auth.groups") else value
    write(path, json.dumps(whole))
    ended = judge.run(home, ["render", "--rehearse", path, "--out", out], env={"CLIENT_SECRET": SECRET}, patience=FAST)
    return ended, {os.path.relpath(path, out): data.decode().split("\n") for path, data in everything_written(out)}


def environment_fault(home, files, value):
    """What sh makes of server.env, where that is not the value."""
    if "server.env" not in files:
        return None
    at = os.path.join(home.path, "hostile", "server.env")
    sh = subprocess.run(["sh", "-c", '. "$1" && printf %s "$NAME"', "sh", at], capture_output=True, cwd=home.path, timeout=10, env={"PATH": os.environ["PATH"], "HOME": "/h"}, check=False)
    return None if sh.stdout.decode() == value and not sh.returncode else f"sh reads {sh.stdout!r} {sh.stderr[:200]!r}, not {value!r}"


def injection_trial(seed):
    rnd = random.Random(f"injection {seed}")
    setting, word, stack = rnd.choice(list(SETTINGS)), rnd.choice(INJECTIONS), rnd.choice(("cloud-run", "vm", "gke", "appengine", "cloud-run-mysql", "vm-internal"))
    form = rnd.choice(SETTINGS[setting])
    told = f"{setting} = {form % word!r}, {stack}, seed {seed}"
    with Home() as home:
        answers = example(home, stack)
        ended, files = rendered(home, answers, "hostile", setting, form % word)
        fault = judge.fault_of(ended)
        if ended.code == 65 or fault:
            return "injections", told, fault
        if ended.code:
            return "injections", told, f"neither refused nor rendered: {ended.tail()}"
        good, plain = rendered(home, answers, "plain", setting, form % "abc")
        if not good.code:
            fault = next((f"{n} has {len(lines)} lines, not {len(plain.get(n, ()))}" for n, lines in files.items() if len(lines) != len(plain.get(n, ()))), None)
        if setting == FREE:
            fault = fault or environment_fault(home, files, word)
        for name in [n for n in files if n.endswith(".sh")]:
            checked = subprocess.run(["sh", "-n", os.path.join(home.path, "hostile", name)], capture_output=True, timeout=10, check=False)
            fault = fault or (checked.returncode and f"{name} is no shell any more: {checked.stderr[:200]!r}")
        return "injections", told, fault or (os.path.exists(home.file("owned")) and "it was run") or None


# Descriptors, disks -------------------------------------------------------------------------------------------------------------------------------


def descriptor_trial(seed):
    rnd = random.Random(f"descriptor {seed}")
    with Home() as home:
        answers = example(home, "cloud-run")
        before = read(answers)
        closed = [n for n in (0, 1, 2) if rnd.random() < 0.5]
        full = [n for n in (1, 2) if n not in closed and rnd.random() < 0.5]
        verb = rnd.choice((["apply", "--rehearse", answers], ["plan", "--rehearse", "--json", answers], ["questions"], ["schema"], ["--help"], ["connect", "--rehearse", answers], ["--rehearse", answers],
                           ["render", "--rehearse", answers, "--out", home.file("out")]))
        # With three alone a sanitizer's own runtime looks for a descriptor for ever.
        limit = rnd.choice((None, None, 8 if judge.SANITIZED else 3, 8, 16))

        def prepare():
            for n in closed:
                os.close(n)
            for n in full:
                os.dup2(os.open("/dev/full", os.O_WRONLY), n)
            if limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        ended = judge.run(home, verb, env={"CLIENT_SECRET": SECRET}, patience=FAST, preexec_fn=prepare)
        quiet = set(closed) | set(full)
        fault = judge.fault_of(ended) if not quiet else None
        if limit and ended.code == 127:  # the system's loader had no descriptor for a library
            fault = None
        if ended.code not in judge.EXITS | ({127} if limit else set()) or ended.how != "by itself":
            fault = ended.tail()
        # What cannot be said is no success, for a verb whose whole result is what it says.
        if 1 in full and verb[0] in ("questions", "schema", "--help", "connect", "plan") and ended.code in (0, 2):
            fault = f"its output was lost and it says nothing of it: {ended.tail()}"
        strange = [p for p, data in everything_written(home.path) if "/said." not in p and (b"  created" in data or b"Usage:" in data)]
        return "descriptors", f"closed {closed}, full {full}, limit {limit}, {verb[0]}, seed {seed}", fault or judge.answers_fault(answers, before) or (strange and f"output lies in {strange}") or None


def mounted(home, size):
    """A small file system below the home; False where this may not be done."""
    os.mkdir(home.file("small"))
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", home.file("small")], capture_output=True, check=False).returncode == 0


def disk_trial(seed):
    """Files may grow to so many bytes only, or lie on a file system that is full or read-only."""
    rnd = random.Random(f"disk {seed}")
    with Home() as home, Sim(home) as sim:
        answers, env, how = example(home, "cloud-run"), sim.environment(), rnd.choice(("limit", "limit", "small", "read-only"))
        limit, mount = rnd.choice((0, 1, 512, 4096, 5000, 6000, 7000, 8000, 12000, 20000)), False

        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN if rnd.random() < 0.5 else signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        if how != "limit" and mounted(home, 32 << 10):
            mount = True
            answers = shutil.copy(answers, home.file("small/mlflow.json"))
            env |= {"XDG_STATE_HOME": home.file("small/state")}
            with open(home.file("small/filler"), "wb") as f, judge_full():
                f.write(b"x" * rnd.choice((0, 8000, 16000, 20000, 40000)))
            if how == "read-only":
                subprocess.run(["mount", "-o", "remount,ro", home.file("small")], check=True)
        try:
            before = read(answers)
            options = {"preexec_fn": prepare, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} if not mount else {}
            ended = judge.run(home, ["apply", answers, *sim.options()], env=env, **options)
            fault = judge.answers_fault(answers, before)
            if mount:
                fault = fault or judge.fault_of(ended)
                left = [n for n in os.listdir(home.file("small")) if n.startswith("mlflow.json.") and not n.endswith(".run")]
                fault = fault or (left and f"left behind: {left}")
            elif ended.code not in judge.EXITS or ended.how == "killed":
                fault = fault or ended.tail()
            if not fault and how != "limit" and how != "read-only" and mount:
                os.unlink(home.file("small/filler"))
            if not fault and how != "read-only":
                again = judge.run(home, ["apply", answers, *sim.options()], env=sim.environment(), patience=120)
                fault = again.code and f"with room again: {again.tail()}"
        finally:
            if mount:
                subprocess.run(["umount", "-l", home.file("small")], check=False)
        return "disks", f"{how} {limit if not mount else ''}, seed {seed}", fault or None


def judge_full():
    import contextlib
    return contextlib.suppress(OSError)


TRIALS = {"files": (file_trial, 40), "variables": (variable_trial, 40), "arguments": (argument_trial, 30), "injections": (injection_trial, 80), "descriptors": (descriptor_trial, 12),
          "disks": (disk_trial, 2)} | terminals.TRIALS


def tried(trial, seed):
    try:
        return trial(seed)
    except (OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as e:
        return trial.__name__.split("_")[0] + "s", f"seed {seed}", f"the trial itself: {e!r}"


def attack(tally, seeds, short, only=None):
    """A seed of the caller is a handful of each kind."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [(trial, seed * 1000 + i) for seed in seeds for name, (trial, count) in TRIALS.items() if not only or name in only for i in range(count if not short else max(2, count // 6))]
        for kind, name, fault in pool.map(lambda job: tried(*job), jobs):
            tally.note(kind, name, fault)
