#!/usr/bin/env python3
"""Edges that no rule of the simulated cloud reaches: servers whose TLS is not what it should be (fault 7), clocks that are behind (36), locks that a dead
run left (37)."""
import glob
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../attack"))
from harness import PROGRAM, Home, Sim, done, ok, read, result_of, skip, wait_for
from other_clock import compiler, shifted
import cloud

MOST_TRIES = 12
OLD = "TLS 1.1 alone"


class Impostor(cloud.Authority):
    """An authority that is trusted, and whose servers' certificates are not."""

    def __init__(self, folder, how):
        super().__init__(folder)
        self.how, self.handshakes = how, 0

    def context(self, host):
        self.handshakes += 1
        if self.how == "the name of another host":
            return super().context("elsewhere.example.com")
        if self.how == "a certificate that it signed itself":
            own = os.path.join(self.folder, "own")
            if not os.path.exists(own + ".pem"):
                self.openssl("req", "-x509", *self.curve(own + ".key"), "-out", own + ".pem", "-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(own + ".pem", own + ".key")
            return made
        made = super().context(host)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made.minimum_version, made.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        made.set_ciphers("DEFAULT@SECLEVEL=0")
        return made


def untrusted(how):
    with Home() as home, Sim(home) as sim:
        impostor = Impostor(home.path, how)
        with cloud.Hostile(sim, impostor) as way:
            began = time.monotonic()
            run = home.run("apply", home.example(), "--json", *way.options(), env=sim.environment(), timeout=120)
            took, event = time.monotonic() - began, result_of(run.stdout)
        ok(run.returncode == 69 and event.get("outcome") == "nothing", f"07 a server with {how} ends the run", run.returncode, run.stdout[-800:], run.stderr[-400:])
        ok(0 < impostor.handshakes <= MOST_TRIES and took < 60, f"07 {how}: it is not tried again and again", impostor.handshakes, took)
        ok("ertificate" in event.get("message", "") or "TLS" in event.get("message", "") or "SSL" in event.get("message", ""), f"07 {how}: the cause is told", event)
        ok(not any(b"uthorization" in shown for _, shown in way.asked), f"07 {how}: nothing is shown to it", way.asked[:1])


def lax(how):
    """Does a client that takes anything get through, so that it is the program that refuses?"""
    with Home() as home, Sim(home) as sim:
        with cloud.Hostile(sim, Impostor(home.path, how)) as way, socket.create_connection(way.server_address, 30) as plain:
            plain.sendall(b"CONNECT oauth2.googleapis.com:443 HTTP/1.1\r\n\r\n")
            plain.recv(4096)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_ciphers("ALL@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            with context.wrap_socket(plain) as tls:
                ok(tls.version() is not None, f"07 {how}: who takes anything gets through", tls.version())


def behind(home):
    """A clock that is an hour behind, and one that nobody has set."""
    if not compiler():
        skip("36 clocks that are behind", "there is no compiler")
        return
    with Sim(home) as sim:
        for seconds, code, words, name in ((-3600, 2, '"verdict":"create"', "an hour behind is nothing to stop for"),
                                           (0, 69, "Check the clock", "in 1970, where no certificate is valid yet, is told")):
            run = sim.run("plan", home.example(), "--json", env=shifted(home, seconds))
            ok(run.returncode == code and words in run.stdout + run.stderr, f"36 a clock {name}", run.returncode, run.stdout[-600:], run.stderr)


def left_lock(home):
    """The lock's file of a run that is dead, with the number of a process that lives, and of another machine."""
    with Sim(home) as sim:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET")
        locks = []
        with subprocess.Popen([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=home.environment | sim.environment()) as process:
            wait_for(lambda: locks.extend(glob.glob(f"{home.path}/state/**/*.lock", recursive=True)) or locks, "the lock")
            wait_for(lambda: read(locks[0]), "its words")
            process.kill()
        who = json.loads(read(locks[0]))
        for name, more in (("a number that is another process's now", {"pid": os.getpid()}), ("another machine", {"host": "elsewhere"})):
            with open(locks[0], "w", encoding="utf-8") as f:
                json.dump(who | more, f)
            run = sim.run("plan", answers)
            ok(run.returncode == 2, f"37 a dead run's lock with {name} is in nobody's way", run.returncode, run.stderr)
        run = sim.run("apply", answers, "--json", timeout=300)
        ok(result_of(run.stdout).get("outcome") == "proven", "37 and the run goes on from there", run.stdout[-800:], run.stderr)


def main():
    for how in ("the name of another host", "a certificate that it signed itself", OLD):
        untrusted(how)
    lax(OLD)
    for case in (behind, left_lock):
        with Home() as home:
            case(home)
    done()


if __name__ == "__main__":
    main()
