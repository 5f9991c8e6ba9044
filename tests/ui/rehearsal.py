#!/usr/bin/env python3
"""The program itself, in rehearsal on a pseudo-terminal: Enter alone leads from the first page to a proven server; what it wrote replays (TAP)."""
import json
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


class Lines:
    """The wizard in lines on the simulated cloud; said is what came since the last line was typed."""

    def __init__(self, home, *arguments):
        self.said, self.all = "", ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execve(PROGRAM, [PROGRAM, "--rehearse", "--plain", *arguments], environment(home))

    def wait(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.said) and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    more = os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break
                self.said += more
                self.all += more
        return bool(re.search(pattern, self.said))

    def type(self, text):
        self.said = ""
        os.write(self.master, text)

    def end(self):
        self.wait(r"\Z.")  # all that is still said, to its end
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def plain_menu(home):
    """A failure's menu, what is waited for and Ctrl-C, of the engine itself."""
    refused = {"method": "POST", "path": "*/instances", "status": 403, "count": 1, "body": {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}}
    with open(os.path.join(home, "faults.json"), "w", encoding="utf-8") as file:
        json.dump([refused], file)
    t = Lines(home, "--speed", "60", "--faults", "faults.json", "mlflow.json")
    ok(t.wait(r"Build now[^[]*\[yes\] $"), "plain: a review of the file", t.said)
    t.type(b"yes\n")
    ok(t.wait(r"working   .*\n") and t.wait(r"\n\[q\] $"), "while nothing is said for long it says what is waited for, and a failure ends in a menu", t.said)
    ok("begins anew" in t.said and "is kept; the same" not in t.said and re.search(r"  r  .*\n", t.said), "which promises nothing that a rehearsal does not keep", t.said)
    t.type(b"/Cloud SQL\n")
    ok(t.wait(r"Cloud SQL(.|\n)*\[q\] $"), "/TEXT finds it in the log", t.said)
    t.type(b"s\n")
    t.wait("exit comes back")
    t.type(b"exit\n")
    ok(t.wait(r"\[q\] $"), "a shell comes back to the menu", t.said)
    t.type(b"e\n")
    ok(t.wait(r"Problem: .*\n(.|\n)*Engine(.|\n)*Enter to go back: $"), "e says what failed, and opens the settings that decided", t.said)
    t.type(b"\n")
    ok(t.wait(r"Build now[^[]*\[yes\] $") and "stay." in t.said, "and comes back to a review in which what was made stays", t.said)
    t.type(b"yes\n")
    ok(t.wait("are to be made"), "which builds the rest", t.said)
    t.type(b"\x03")
    ok(t.wait(r"\n\[q\] $") and t.said.count("interrupted") <= 1, "Ctrl-C ends in the menu once what is in flight is finished", t.said)
    t.type(b"r\n")
    ok(t.wait(r"The rehearsal went well(.|\n)*\[q\] $"), "and r goes on to a server that is proven", t.said)
    t.type(b"q\n")
    ok(t.end() == 0 and "\x1b" not in t.all.replace("\x1b[?2004h", "").replace("\x1b[?2004l", ""), "q leaves", t.all[-500:])


def main():
    home = tempfile.mkdtemp()
    loads_nothing_dear(home)
    status, written = enter_alone(home)
    last = written[written.rfind("\x1b[?1049l"):]
    ok(status == 0, "Enter alone leads from the first page to the end", (status, re.sub(r"\x1b[^a-zA-Z]*[a-zA-Z]", " ", written)))
    ok("The rehearsal went well" in last, "which is a server that was proven in a rehearsal", last)
    ok(re.search(r"\nhttps://mlflow-\d+\.us-central1\.run\.app\r", last), "whose URL stands on a line of its own", last)
    replay(home)
    status, written = enter_alone(home, "--plain", "plain.json", key=b"\n")
    ok(status == 0 and "The rehearsal went well" in written and "\x1b" not in written, "plain mode gets there too, in plain lines", written)
    plain_menu(home)
    shutil.rmtree(home)
    print(f"1..{count}")


main()
sys.exit(0)
