#!/usr/bin/env python3
"""No key waits for anything but itself: names that are looked up for ever, proxies, handshakes and replies that never end, credentials and settings that are
pipes, a cluster's program that hangs. Each time keys are answered, and leaving is (TAP)."""
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time

SOURCE = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(SOURCE, "tests/attack"), os.path.join(SOURCE, "tests/cases")]
from harness import Home, Sim, done, ok, skip  # noqa: E402  the paths come first
from terminals import Screen  # noqa: E402

# What hangs does so for much longer than a key may take on a machine that has much else to do.
KEY, LEAVE, HANG = 5, 10, 600
# getaddrinfo for a name that is not this machine's.
SHIM = """
#define _GNU_SOURCE
#include <netdb.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (name && strstr(name, "googleapis"))
		sleep(600);
	return real(name, service, hints, found);
}
"""


class Silent:
    """A proxy that says this to whoever connects, and then nothing."""

    def __init__(self, greeting=b""):
        self.greeting, self.kept = greeting, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            self.kept.append(one)
            one.sendall(self.greeting)

    def options(self):
        return ["--cloud-proxy", f"http://127.0.0.1:{self.socket.getsockname()[1]}"]

    def close(self):
        self.socket.close()


def settles(screen, quiet=0.3, most=20):
    """Waits until it has drawn something and then says nothing for a while."""
    deadline = time.monotonic() + most
    while not screen.said and time.monotonic() < deadline:
        screen.pump(0.05)
    while screen.pump(quiet) and time.monotonic() < deadline:
        pass


def answered(screen, key):
    """Seconds until this key has changed the screen."""
    while screen.pump(0):
        pass
    began = time.monotonic()
    os.write(screen.master, key)
    while not select.select([screen.master], [], [], 0.01)[0] and time.monotonic() - began < KEY:
        pass
    return time.monotonic() - began


def hangs(name, home, arguments, env, keys=(b"a", b"\x7f"), seconds=2.5):
    """Keys for so long, each of which changes the screen, and then the end."""
    screen = Screen(home, arguments, env)
    try:
        settles(screen)
        slowest, began, count = 0, time.monotonic(), 0
        while time.monotonic() - began < seconds and slowest < KEY:
            slowest = max(slowest, answered(screen, keys[count % len(keys)]))
            count += 1
            while screen.pump(0.1):  # two keys that come together may leave all as it was
                pass
        ok(count > 3 and slowest < KEY, f"{name}: keys are answered", f"{count} keys, the slowest took {slowest:.1f} s", screen.said[-500:])
        screen.say(b"\x1b\x03")
        screen.pump(0.5)
        screen.say(b"yn")
        began = time.monotonic()
        ok(screen.over(LEAVE), f"{name}: and leaving is", f"it was still there after {time.monotonic() - began:.1f} s", screen.said[-500:])
    finally:
        screen.close()


def credentials(home):
    path = home.file("adc.json", {"type": "authorized_user", "client_id": "1-a.apps.googleusercontent.com", "client_secret": "nobody", "refresh_token": "nothing"})
    os.chmod(path, 0o600)
    return {"GOOGLE_APPLICATION_CREDENTIALS": path}


def names():
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        skip("names", "there is no compiler")
        return
    with Home() as home:
        library = home.path + "/names.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, home.file("names.c", SHIM), "-ldl"], check=True, timeout=120)
        sanitized = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        hangs("a name that is looked up for ever", home, ["m.json"], credentials(home) | {"LD_PRELOAD": library, "ASAN_OPTIONS": sanitized})


def silent(name, greeting):
    proxy = Silent(greeting)
    try:
        with Home() as home:
            hangs(name, home, [*proxy.options(), "m.json"], credentials(home))
    finally:
        proxy.close()


def trickle():
    with Home() as home:
        rules = home.file("slow.json", [{"host": "*", "slow": 2, "every": 1}])
        with Sim(home, "--faults", rules) as sim:
            hangs("replies of a byte in two seconds", home, [*sim.options(), "m.json"], sim.environment())


def pipes():
    with Home() as home:
        for name in ("adc.json", "gcloud/active_config", "gcloud/application_default_credentials.json", "gcloud/configurations/config_default"):
            os.makedirs(os.path.dirname(home.file(name)), exist_ok=True)
            os.mkfifo(home.file(name), 0o600)
        for name, env in (("credentials", {"GOOGLE_APPLICATION_CREDENTIALS": home.file("adc.json")}), ("settings of gcloud", {"CLOUDSDK_CONFIG": home.file("gcloud")})):
            proxy = Silent()
            hangs(f"{name} in a pipe", home, [*proxy.options(), "m.json"], env | {"KUBECONFIG": home.file("adc.json")})
            proxy.close()


def plugin():
    with Home() as home, Sim(home) as sim:
        with open(os.path.join(SOURCE, "examples/kubeconfig.json"), encoding="utf-8") as f:
            answers = home.file("m.json", json.load(f))
        program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": [str(HANG)], "interactiveMode": "Never"}
        config = home.file("kubeconfig", {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
                                          "users": [{"name": "u", "user": {"exec": program}}], "contexts": [{"name": "kind-mlflow", "context": {"cluster": "c", "user": "u"}}]})
        os.chmod(config, 0o600)
        hangs("a cluster's program that hangs", home, [*sim.options(), answers], sim.environment() | {"KUBECONFIG": config}, keys=(b"\x1bOA", b"\x1bOB"))


names()
silent("a proxy that says nothing", b"")
silent("a handshake that is never answered", b"HTTP/1.1 200 Connection established\r\n\r\n")
silent("a handshake that is broken off in the middle of a record", b"HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03\x20\x00\x02")
trickle()
pipes()
plugin()
done()
