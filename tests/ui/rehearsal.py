#!/usr/bin/env python3
"""The program itself, in rehearsal on a pseudo-terminal: Enter alone leads from the first page to a proven server; what it wrote replays (TAP)."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ["TOP_BUILDDIR"], "mlflow-setup")
count = 0


def ok(passed, name, note=""):
    global count
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {name}")
    if not passed and note:
        print("# " + str(note).replace("\n", "\n# ")[-2000:])


def environment(home):
    keep = {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))}
    return {"TERM": "xterm-256color", "HOME": home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", **keep}


def enter_alone(home, *arguments, key=b"\r"):
    """Presses Enter twice a second or so until the program ends: its status and what it wrote."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve(PROGRAM, [PROGRAM, "--rehearse", "--speed", "400", *arguments], environment(home))
    written, end, status = b"", time.monotonic() + 120, None
    while status is None and time.monotonic() < end:
        if select.select([master], [], [], 0.3)[0]:
            try:
                written += os.read(master, 65536)
            except OSError:
                pass
        else:
            os.write(master, key)
        ended, code = os.waitpid(pid, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if ended else None
    while select.select([master], [], [], 0.1)[0]:
        try:
            more = os.read(master, 65536)
        except OSError:
            break
        if not more:
            break
        written += more
    if status is None:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    os.close(master)
    return status, written.decode(errors="replace")


def replay(home):
    with open(os.path.join(home, "mlflow.json"), "rb") as file:
        before = file.read()
    run = subprocess.run([PROGRAM, "apply", "mlflow.json", "--rehearse"], cwd=home, env=environment(home), capture_output=True, text=True, timeout=120,
                         check=False)
    with open(os.path.join(home, "mlflow.json"), "rb") as file:
        after = file.read()
    ok(run.returncode == 0 and "https://mlflow-" in run.stdout, "the same file replays headless", run.stderr)
    ok(before == after, "and stays as it is, byte for byte")


def loads_nothing_dear(home):
    """What is linked is mapped and relocated before the first frame: libraries that the first page does without are looked up at their first use."""
    listed = subprocess.run([PROGRAM], env=environment(home) | {"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, timeout=20, check=False).stdout
    ok("libc.so" in listed and not re.search("libcrypto|libssl|libcurl|libarchive", listed), "the program starts without the libraries of TLS, HTTP and archives", listed)


def main():
    home = tempfile.mkdtemp()
    loads_nothing_dear(home)
    status, written = enter_alone(home)
    last = written[written.rfind("\x1b[?1049l"):]
    ok(status == 0, "Enter alone leads from the first page to the end", (status, re.sub(r"\x1b[^a-zA-Z]*[a-zA-Z]", " ", written)))
    ok("it was proven that only the chosen people can enter" in last, "which is a proven server", last)
    ok(re.search(r"\nhttps://mlflow-\d+\.us-central1\.run\.app\r", last), "whose URL stands on a line of its own", last)
    replay(home)
    status, written = enter_alone(home, "--plain", "plain.json", key=b"\n")
    ok(status == 0 and "it was proven that" in written and "\x1b" not in written, "plain mode gets there too, in plain lines", written)
    shutil.rmtree(home)
    print(f"1..{count}")


main()
sys.exit(0)
