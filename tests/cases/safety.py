#!/usr/bin/env python3
"""What may never happen, tried from outside: closed descriptors, ignored signals, files that somebody else holds, edits while a run goes on, texts
that would move the cursor, secrets that come back."""
import json
import os
import signal
import stat
import subprocess
import threading

from harness import PROGRAM, SECRET, Home, Sim, done, everything_written, ok, read, wait_for


def closed_descriptors(home):
    """S9: with 0, 1 and 2 closed nothing that is printed lands in a file of ours."""
    answers = home.example("closed.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        command = " ".join([PROGRAM, "apply", answers, *sim.options()])
        r = subprocess.run(["sh", "-c", f"exec {command} 0<&- 1>&- 2>&-"], env=home.environment | sim.environment(), timeout=120)
        state = [path for path, content in everything_written(f"{home.path}/state") if b"created" in content or b"  proven" in content]
        ok(r.returncode == 0 and not state, "S9: descriptors 0 to 2 closed: it works, and no progress stands in journal or lock", r.returncode, state)
        json.loads(read(answers))


def ignored_signals(home):
    """S17: what nohup set to be ignored stays so."""
    answers = home.example("nohup.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home, speed="60") as sim:
        process = subprocess.Popen(["nohup", PROGRAM, "apply", answers, *sim.options()], env=home.environment | sim.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: len(sim.exchanges()) > 20, "the run to be under way")
        process.send_signal(signal.SIGHUP)
        ok(process.wait(120) == 0, "S17: SIGHUP does not stop a run under nohup", process.returncode)


def limited(home):
    """T8: a limit on the size of files (ulimit -f) is told like a full disk; it does not kill the run in the midst of a change."""
    import resource

    def limit(size):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    record, out = home.file("recording.jsonl"), home.file("out")
    r = home.run("apply", "--rehearse", home.example("limited.json"), "--record", record, preexec_fn=lambda: limit(9000))
    ok(r.returncode == 0 and f"The recording {record} ends" in r.stderr, "T8: a recording that may not grow is said to end; the run goes on", r.returncode, r.stderr[-600:])
    r = home.run("render", "--rehearse", home.example("limited.json"), "--out", out, preexec_fn=lambda: limit(1000))
    ok(r.returncode == 73 and out in r.stderr, "T8: a file that may not be so large is told", r.returncode, r.stderr[-600:])


def file_kinds(home):
    """S4: only regular files; links are followed; mode stays."""
    pipe = os.path.join(home.path, "pipe.json")
    os.mkfifo(pipe)
    for name, path in (("a FIFO", pipe), ("a device", "/dev/null"), ("a directory", home.path)):
        r = home.run("apply", "--rehearse", path, timeout=30)
        ok(r.returncode in (66, 78) and "file" in r.stderr, f"S4: {name} is no answers file", r.returncode, r.stderr)
    ok(stat.S_ISFIFO(os.stat(pipe).st_mode) and stat.S_ISCHR(os.stat("/dev/null").st_mode), "S4: and both are still what they were")
    real, link = home.example("real.json", auth__client_secret="env:CLIENT_SECRET"), os.path.join(home.path, "link.json")
    os.chmod(real, 0o640)
    os.symlink(real, link)
    with Sim(home) as sim:
        r = sim.run("apply", link)
        resolved = json.loads(read(real))["resolved"]
        ok(r.returncode == 0 and os.path.islink(link) and resolved.get("url"), "S4: a link is followed", r.stderr[-500:])
        ok(stat.S_IMODE(os.stat(real).st_mode) == 0o640, "S4: the mode stays", oct(os.stat(real).st_mode))


def edited(home, name, change):
    """An apply during which the file is changed; what is told, and what the file says afterwards."""
    path = home.example(name, auth__client_secret="env:CLIENT_SECRET", auth__users=["ada@example.com"])
    with Sim(home, speed="400") as sim:
        process = subprocess.Popen([PROGRAM, "apply", path, *sim.options()], env=home.environment | sim.environment(), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
        reader.start()
        wait_for(lambda: json.loads(read(path))["resolved"].get("suffix"), "the first save", 60)
        content = change(json.loads(read(path)))
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(content)
        os.rename(path + ".new", path)
        code = process.wait(120)
        reader.join()
    return path, code, said[0]


def edits(home):
    def add(j):
        j["answers"]["auth.users"].append("bob@example.com")
        return json.dumps(j)
    path, code, _ = edited(home, "edited.json", add)
    j = json.loads(read(path))
    ok(code == 0 and "bob@example.com" in j["answers"]["auth.users"] and j["resolved"].get("url"), "S4: an edit made while apply runs is kept", code, j)
    path, code, said = edited(home, "broken.json", lambda _: "{ half typed")
    ok(read(path) == b"{ half typed" and json.loads(read(path + ".run"))["resolved"].get("url") and ".run" in said,
       "S4: a file that cannot be put together is left, ours is beside it, and that is said", code, said[-500:])


def clouds(home):
    """S11: a proxy on loopback with its own authority is an ordinary way to the real cloud."""
    with Sim(home) as sim:
        r = sim.run("apply", home.example("prompt.json", auth__client_secret="prompt"))
        ok(r.returncode in (3, 78) and "made-up" not in r.stderr and "terminal" in r.stderr, "S11: no secret is made up for it", r.returncode, r.stderr)
        ok(b"made-up-for-a-rehearsal" not in read(sim.path("log.jsonl")), "S11: and none is sent")


def hidden(text):
    return any(ord(c) < 32 and c not in "\n" or 0x7f <= ord(c) < 0xa0 or 0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 for c in text)


def texts(home):
    """S5: ESC, C1, bidi controls and newlines from a cloud, a file and a command line."""
    tricks = "\x1b[2J\x9b31m\x1b]0;owned\x07\u202ereversed\u2066\nmlflow-setup: all is well\r"
    error = {"error": {"code": 403, "message": f"no {tricks}", "status": "PERMISSION_DENIED"}}
    for n in (1, 4, 30):
        rules = home.file("tricks.json", [{"nth": n, "status": 403, "body": error}])
        r = home.run("apply", "--rehearse", "--faults", rules, home.example("tricks-a.json"))
        ok(not hidden(r.stderr + r.stdout) and "\nmlflow-setup: all is well" not in r.stderr, f"S5: a refusal of request {n} is shown safely", r.stderr[-800:])
    for name, content in (("an unknown key", {"format": 1, "answers": {tricks: 1}}), ("an unknown key beside", {"format": 1, "answers": {}, tricks: 1}),
                          ("a value", {"format": 1, "answers": {"target": tricks}}), ("a resolved key", {"format": 1, "answers": {}, "resolved": {tricks: 1}})):
        r = home.run("validate", home.file("tricks-b.json", content))
        ok(r.returncode == 65 and not hidden(r.stderr), f"S5: {name} of a file is shown safely", r.returncode, r.stderr)
    r = home.run("validate", "--set", tricks, home.example("tricks-c.json"))
    ok(not hidden(r.stderr), "S5: an argument", r.stderr)
    other = home.file("credentials-tricks", {"type": tricks})
    r = home.run("plan", home.example("tricks-d.json"), env={"GOOGLE_APPLICATION_CREDENTIALS": other})
    ok(r.returncode == 78 and not hidden(r.stderr), "S5: credentials' type", r.stderr)


def echoes(home):
    """S6: a cloud that shows what it was sent."""
    import base64
    forms = [SECRET, base64.b64encode(SECRET.encode()).decode(), SECRET.encode().hex(), "".join(f"%{b:02X}" for b in SECRET.encode()),
             "".join(f"\\u{b:04x}" for b in SECRET.encode()), base64.urlsafe_b64encode(b"{\"x\":\"" + SECRET.encode() + b"\"}").decode()]
    for i, form in enumerate(forms):
        body = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": f"not understood: {form} in your request"}}
        rules = home.file("echo.json", [{"method": "POST", "path": "*oauth-client*:addVersion", "status": 400, "body": body}])
        with Sim(home, "--faults", rules) as sim:
            r = sim.run("apply", home.example(f"echo{i}.json", auth__client_secret="env:CLIENT_SECRET"), "--json")
            ok("not understood" in r.stdout and form not in r.stdout + r.stderr and SECRET not in r.stdout + r.stderr, f"S6: echo {i + 1} is taken out",
               r.stdout[-1500:], r.stderr)


def resolved(home):
    """S7: `resolved` is checked when it is loaded."""
    for value in ({"project_number": "1; touch /tmp/owned"}, {"choices": [["x"]]}, {"suffix": "../x"}, {"url": "https://x/$(id)"}, {"database_password": "${HOME:-x}"},
                  {"suffix": "\u0001move:9999999"}, {"sufix": "abcde"}, {"secret_versions": {"a": "1/../2"}}, {"organization": 7}, {"image_digest": "a b"}):
        path = home.example("resolved.json")
        j = json.loads(read(path))
        j["resolved"] = value
        for verb in ("validate", "connect"):
            r = home.run(verb, home.file("resolved.json", j), "--rehearse")
            ok(r.returncode == 65 and "resolved" in r.stderr or "sufix" in r.stderr, f"S7: {verb} refuses {json.dumps(value)}", r.returncode, r.stderr, r.stdout)


def bombs(home):
    """S16: large texts take time in proportion."""
    keys = {f"k{i}": i for i in range(30000)}
    for name, text in (("30,000 unknown keys", json.dumps({"format": 1, "answers": keys})), ("a million brackets", "[" * 1000000),
                       ("400,000 values", "[" + "1," * 400000 + "1]"), ("a long list", json.dumps({"format": 1, "answers": {"auth.users": [f"a{i}@example.com" for i in range(30000)]}}))):
        r = home.run("validate", home.file("bomb.json", text), timeout=20)
        ok(r.returncode in (65, 78) and len(r.stderr) < 6000, f"S16: {name}", r.returncode, len(r.stderr))
    for name, raw, words in (("UTF-16", "\ufeff{}".encode("utf-16-le"), "UTF-16"), ("a raw NUL", b'{"format":1,"answers":{}}\0', "NUL"), ("Latin-1", b'{"a":"\xe9"}', "UTF-8")):
        path = home.file("raw.json")
        with open(path, "wb") as f:
            f.write(raw)
        r = home.run("validate", path)
        ok(r.returncode == 65 and words in r.stderr, f"T13: {name} is told by name", r.returncode, r.stderr)


def authorities(home):
    """T11: the authority that a machine is set up with; T9: what cannot pass is not tried for minutes."""
    answers = home.example("trust.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        proxy = {"https_proxy": sim.ready["proxy"]}
        for variable in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"):
            r = home.run("plan", answers, env=sim.environment() | proxy | {variable: sim.ready["ca"]})
            ok(r.returncode == 2, f"T11: {variable} is honoured", r.returncode, r.stderr)
        os.makedirs(f"{home.path}/.config/gcloud/configurations", exist_ok=True)
        home.file(".config/gcloud/configurations/config_default", f"[core]\ncustom_ca_certs_file = {sim.ready['ca']}\n")
        r = home.run("plan", answers, env=sim.environment() | proxy)
        ok(r.returncode == 2, "T11: gcloud's setting is honoured", r.returncode, r.stderr)
        host, port = sim.ready["proxy"].removeprefix("http://").split(":")
        # .invalid would be met first, were gcloud's proxy taken where the environment names one.
        for what, kind, address, env in (("gcloud's proxy is gone through", "http", host, {}), ("one of the environment goes before it", "socks5", "proxy.invalid", proxy)):
            home.file(".config/gcloud/configurations/config_default", f"[core]\ncustom_ca_certs_file = {sim.ready['ca']}\n[proxy]\ntype = {kind}\naddress = {address}\nport = {port}\n"
                      "username = o'brien@example.com\npassword = a:b/c\n")
            r = home.run("plan", answers, env=sim.environment() | env, timeout=30)
            ok(r.returncode == 2, f"T11: {what}", r.returncode, r.stderr)
        os.unlink(f"{home.path}/.config/gcloud/configurations/config_default")
        r = home.run("plan", answers, env=sim.environment() | proxy, timeout=20)
        ok(r.returncode == 69 and "--cloud-ca" in r.stderr, "T11: an authority that is not known: the message names --cloud-ca", r.returncode, r.stderr)
        for name, env, code in (("a missing bundle", proxy | {"SSL_CERT_FILE": "/nonexistent/ca.pem"}, 78), ("a bundle that is none", proxy | {"CURL_CA_BUNDLE": answers}, 78),
                                ("a malformed proxy", {"https_proxy": "http://ann:s3cret@[::1"}, 78), ("an unknown proxy scheme", {"https_proxy": "gopher://ann:s3cret@x:1"}, 78)):
            r = home.run("plan", answers, env=sim.environment() | env, timeout=20)
            ok(r.returncode == code and r.stderr and "s3cret" not in r.stdout + r.stderr, f"T9: {name} is told at once, without who signs in to it", r.returncode, r.stderr)


def sealed(home):
    """A secret in a file that a passphrase opens: no plain copy anywhere, and nothing is made without it."""
    phrase = {"MLFLOW_SETUP_PASSPHRASE": "correct horse battery"}
    answers = home.example("sealed.json", auth__client_secret="env:CLIENT_SECRET")
    r = home.run("seal", answers, env=phrase | {"CLIENT_SECRET": SECRET})
    reference = json.loads(read(answers))["answers"]["auth.client_secret"]
    kept = os.path.join(home.path, "sealed.sealed")
    ok(r.returncode == 0 and reference == "sealed:sealed.sealed" and SECRET.encode() not in read(kept) and stat.S_IMODE(os.stat(kept).st_mode) == 0o600,
       "sealed: a file beside the answers holds it, and they refer to it", r.returncode, r.stderr)
    with Sim(home) as sim:
        for name, env in (("no passphrase", {}), ("another passphrase", {"MLFLOW_SETUP_PASSPHRASE": "correct horse pattery"})):
            r = sim.run("apply", answers, env=env)
            ok(r.returncode in (3, 78) and "sealed.sealed" in r.stderr and not sim.writes(), f"sealed: {name}: nothing is made", r.returncode, r.stderr, sim.writes())
        r = sim.run("apply", answers, env=phrase)
        ok(r.returncode == 0, "sealed: with it the stack is built and proven", r.returncode, r.stderr[-500:])
    r = home.run("apply", "--rehearse", answers)
    ok(r.returncode == 0, "sealed: a rehearsal needs no passphrase", r.returncode, r.stderr[-500:])


def main():
    only = os.environ.get("SAFETY_ONLY", "")
    tries = [closed_descriptors, ignored_signals, limited, file_kinds, edits, clouds, texts, echoes, resolved, bombs, authorities, sealed]
    for one in [t for t in tries if only in t.__name__]:
        with Home() as home:
            one(home)
    done()


if __name__ == "__main__":
    main()
