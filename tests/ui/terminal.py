#!/usr/bin/env python3
"""The wizard on a real pseudo-terminal: however it ends, the terminal is as it was, and what was typed is kept (TAP)."""
import fcntl
import gettext
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

WIZARD = os.path.join(os.environ["TOP_BUILDDIR"], "tests/ui/wizard-fake")
ON = {"alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"), "bracketed paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
      "application keys": (b"\x1b[?1h", b"\x1b[?1l"), "hidden cursor": (b"\x1b[?25l", b"\x1b[?25h")}
count = 0


def ok(passed, name, note=""):
    global count
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {name}")
    if not passed and note:
        print("# " + str(note).replace("\n", "\n# "))
    return passed


class Terminal:
    """A wizard on its own terminal; text is all that it wrote, without escape sequences. One that does not control it hears of its end by no signal."""

    def __init__(self, *arguments, lines=24, columns=80, term="xterm-256color", answers=None, controls=True, **extra):
        self.folder = tempfile.mkdtemp()
        self.file = os.path.join(self.folder, "m.json")
        if answers:
            with open(self.file, "wb") as file:
                file.write(answers)
        self.raw = b""
        self.status = None
        gate, opened = os.pipe()
        self.pid, self.master = pty.fork() if controls else fork_apart()
        if self.pid == 0:
            os.close(opened)
            os.read(gate, 1)  # until the settings before were read
            environment = {"TERM": term, "HOME": self.folder, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **extra}
            environment.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
            environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":handle_segv=0"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execve(WIZARD, [WIZARD, *arguments, self.file], environment)
        self.before = termios.tcgetattr(self.master)
        os.close(gate)
        os.close(opened)

    def pump(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += data
        return bool(data)

    @property
    def text(self):
        return re.sub(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\([A-Z0-9]|[=>])", b" ", self.raw).decode(errors="replace")

    def wait(self, pattern, seconds=20, since=0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.text[since:]):
                return True
            self.pump(0.05)
        print(f"# waited in vain for {pattern!r}; the end was {self.text[-300:]!r}")
        return False

    def send(self, data):
        os.write(self.master, data)

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def end(self, seconds=20):
        """The exit status, negative for a signal."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            self.pump(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        while self.pump(0.05):
            pass
        return self.status

    def left_on(self):
        """What is still switched on in the terminal."""
        left = [name for name, (on, off) in ON.items() if self.raw.rfind(on) > self.raw.rfind(off)]
        now = termios.tcgetattr(self.master)
        return left + (["line settings"] if now[:4] != self.before[:4] else [])

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return [int(p) for p in file.read().split()]

    def close(self):
        if self.status is None:
            for child in self.children():
                os.kill(child, signal.SIGKILL)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        shutil.rmtree(self.folder)


def fork_apart():
    """As pty.fork, but the terminal is nobody's controlling one."""
    master, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.close(master)
    os.close(slave)
    return pid, master


def to_auth(t):
    """To the page of people; "Project number" stands on the first one once it is known how the project is, whatever may be asked of it."""
    t.wait("Project number")
    for page in ("own URL", "OAuth client ID"):
        t.send(b"\r")
        t.wait(page)


def enters(t, key=b"\r"):
    for _ in range(600):
        if t.end(0.1) is not None:
            break
        t.send(key)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def enter_alone():
    """Returns the answers file that Enter alone makes."""
    t = Terminal()
    ok(t.wait("Signed in as"), "a first page")
    enters(t)
    ok(t.status == 0, "Enter alone leads to the end", t.status)
    after = t.raw[t.raw.rfind(ON["alternate screen"][1]):].decode(errors="replace")
    ok("\nhttps://mlflow-246813579012.us-central1.run.app\r" in after, "the URL is printed on the normal screen, on its own line", after)
    ok(not t.left_on(), "the terminal is restored", t.left_on())
    with open(t.file, encoding="utf-8") as file:
        saved = json.load(file)
    ok(saved["answers"]["project.id"] == "demo-proj" and oct(os.stat(t.file).st_mode & 0o777) == "0o600", "the answers are kept, mode 0600")
    made = content(t.file)
    t.close()
    return made


def run_again(made):
    t = Terminal(answers=made)
    before = os.stat(t.file)
    enters(t)
    ok(t.status == 0 and content(t.file) == made and os.stat(t.file).st_ino == before.st_ino,
       "Enter on every page of a second run leaves the file as it is", t.text[-300:])
    t.close()


def report_of(t):
    """The crash report that was written, or None."""
    folder = os.path.join(t.folder, ".local/state/mlflow-setup")
    names = [n for n in os.listdir(folder) if n.startswith("crash-")] if os.path.isdir(folder) else []
    if not names:
        return None
    path = os.path.join(folder, names[0])
    with open(path, encoding="utf-8") as file:
        return oct(os.stat(path).st_mode & 0o777), file.read()


def killed(number, name):
    t = Terminal()
    to_auth(t)
    os.kill(t.children()[0], number)
    status = t.end()
    ok(status == 128 + number and not t.left_on(), f"{name} of the wizard: the terminal is restored", (status, t.left_on()))
    ok(os.path.exists(t.file) and b"are kept in" in t.raw, f"{name}: the answers are kept, and it says where")
    report = report_of(t)
    ok(report and report[0] == "0o600" and f"signal {number}" in report[1] and "demo-proj" not in report[1] and b"sent nowhere" in t.raw,
       f"{name}: a report stays here, without answers", report)
    t.close()


def told_to_end(number, name):
    t = Terminal()
    to_auth(t)
    t.send(b"\t\t\t\t")
    os.kill(t.pid, number)
    status = t.end()
    ok(status == 130 and not t.left_on(), f"{name}: an orderly end, the terminal restored", (status, t.left_on()))
    ok(os.path.exists(t.file), f"{name}: the answers are kept")
    t.close()


def told_while_typed(before, bytes_, name):
    """Keys come without end, as many as the terminal takes, and a signal is heard all the same."""
    t = Terminal()
    to_auth(t)
    for page in ("Availability", "to create"):
        t.send(b"\r")
        t.wait(page)
    t.send(b"a")
    shown = t.wait("all settings|All settings")
    t.send(before)
    os.set_blocking(t.master, False)
    taken, told, deadline = 0, False, time.monotonic() + 60
    while t.status is None and time.monotonic() < deadline:
        try:
            taken += os.write(t.master, bytes_ * 200)
        except OSError:
            pass
        if taken > 20000 and not told:
            os.kill(t.pid, signal.SIGTERM)
            told = True
        t.pump(0)
        pid, status = os.waitpid(t.pid, os.WNOHANG)
        t.status = os.waitstatus_to_exitcode(status) if pid else None
    while t.pump(0.05):
        pass
    ok(shown and told and t.status == 130 and not t.left_on(), f"{name}: SIGTERM ends it all the same", (told, taken, t.status, t.left_on()))
    t.close()


def line_dropped(text, keys, name):
    """The terminal goes without a signal while this text is shown."""
    t = Terminal(controls=False)
    to_auth(t)
    for key in keys:
        t.send(key)
        t.pump(0.3)
    shown = t.wait(text)
    os.close(t.master)
    end = time.monotonic() + 20
    while t.status is None and time.monotonic() < end:
        pid, status = os.waitpid(t.pid, os.WNOHANG)
        t.status = os.waitstatus_to_exitcode(status) if pid else None
        time.sleep(0.02)
    ok(shown and t.status == 130, f"a terminal that goes without a word, {name}: the end", t.status)
    ok(os.path.exists(t.file), f"a terminal that goes without a word, {name}: the answers are kept")
    t.master = os.open("/dev/null", os.O_RDONLY)
    t.close()


def guard_killed():
    t = Terminal()
    to_auth(t)
    child = t.children()[0]
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    end = time.monotonic() + 10
    while os.path.exists(f"/proc/{child}") and time.monotonic() < end and not is_zombie(child):
        t.pump(0.05)
    ok(not os.path.exists(f"/proc/{child}") or is_zombie(child), "the wizard does not outlive its guard")
    t.close()


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def leave_and_return():
    t = Terminal()
    t.wait("Project number")
    t.send(b"\x15ml-research")
    t.wait("Billing is off")
    t.send(b"\x03")
    ok(t.wait("Leave now"), "Ctrl-C asks")
    t.send(b"y")
    ok(t.end() == 0 and not t.left_on(), "and leaves when told to", t.left_on())
    with open(t.file, encoding="utf-8") as file:
        first = file.read()
    ok('"project.id": "ml-research"' in first, "what was typed is kept")
    t.close()


def stopped():
    t = Terminal()
    t.wait("Signed in")
    t.send(b"\x1a")
    end = time.monotonic() + 10
    stopped_now = False
    while time.monotonic() < end and not stopped_now:
        t.pump(0.05)
        pid, status = os.waitpid(t.pid, os.WNOHANG | os.WUNTRACED)
        stopped_now = pid == t.pid and os.WIFSTOPPED(status)
    while t.pump(0.1):
        pass
    ok(stopped_now and not t.left_on(), "Ctrl-Z stops, with the terminal as it was", t.left_on())
    at = len(t.text)
    os.kill(t.pid, signal.SIGCONT)
    ok(t.wait("MLflow on Google Cloud", since=at), "and fg draws the page again")
    t.close()


def resized():
    t = Terminal()
    t.wait("Signed in")
    t.resize(19, 59)
    ok(t.wait(r"make the window larger: at least 60x20 \(now 59x19\)"), "a small window says how small it is")
    at = len(t.text)
    t.resize(40, 120)
    ok(t.wait("Signed in", since=at), "a larger one gets its page back")
    t.resize(5, 20)
    t.resize(1, 1)
    at = len(t.text)
    t.resize(24, 80)
    t.wait("Signed in", since=at)  # a key that comes before the page is back is for the notice that stands there
    at = len(t.text)
    t.send(b"\r")
    ok(t.wait("own URL", since=at), "and it survives any size")
    t.close()


def pasted():
    t = Terminal("--real")
    to_auth(t)
    t.send(b"\t\t")
    t.send(b"\x1b[200~ada@example.com\rbob@example.com\x1b[201~")
    ok(t.wait("bob@example.com"), "a pasted list is taken as one insertion")
    t.send(b"\r")
    t.wait(", ada@example.com")
    t.send(b"\x03")
    t.wait("Leave now")
    t.send(b"y")
    t.end()
    with open(t.file, encoding="utf-8") as file:
        users = json.load(file)["answers"]["auth.users"]
    ok(users == ["operator@example.com", "ada@example.com", "bob@example.com"], "each line is one person", users)
    t.close()


def consent():
    t = Terminal("--real")
    to_auth(t)
    t.send(b"12-ab.apps.googleusercontent.com")
    for page in ("Availability", "to create"):
        t.send(b"\r")
        t.wait(page)
    t.send(b"b")
    ok(t.wait(r"Build now\? \[y/n\]|Build now\?"), "without a rehearsal Enter does not build: it asks")
    t.send(b"\r")
    t.send(b"b")
    t.wait("Build now")
    t.send(b"y")
    ok(t.wait("Paste the secret"), "then the secret is asked for")
    t.send(b"GOCSPX-very-secret-indeed\r")
    ok(t.wait("proven that"), "and it builds")
    ok(b"very-secret" not in t.raw, "the secret is not on the screen")
    t.send(b"\r")
    t.end()
    with open(t.file, encoding="utf-8") as file:
        ok("very-secret" not in file.read(), "nor in the file")
    t.close()


def plain(made):
    config = tempfile.mkdtemp()
    os.makedirs(os.path.join(config, "configurations"))
    with open(os.path.join(config, "active_config"), "w", encoding="ascii") as file:
        file.write("mine")
    with open(os.path.join(config, "configurations/config_mine"), "w", encoding="ascii") as file:
        file.write("[core]\nproject = p\n[accessibility]\nscreen_reader = True\n")
    for name, arguments, extra in (("gcloud's screen reader", (), {"CLOUDSDK_CONFIG": config}), ("TERM=dumb", (), {"term": "dumb"}), ("--plain", ("--plain",), {}), ("ACCESSIBLE", (), {"ACCESSIBLE": "1"})):
        t = Terminal(*arguments, **extra)
        ok(t.wait("Enter takes what is in brackets") and b"\x1b" not in t.raw, f"{name}: lines, no escape sequence")
        for _ in range(60):
            t.send(b"\n")
            t.pump(0.05)
            if "Save the log" in t.text:
                break
        status = t.end()
        ok(status == 0 and "https://mlflow-" in t.text, f"{name}: Enter alone leads to the end", (status, t.text[-300:]))
        ok(content(t.file) == made, f"{name}: to the same answers file as on the screen")
        t.close()


def plain_secret_killed():
    """While a secret is typed the echo is off: whatever ends the wizard then, the guard puts it back, without a sequence that a screen reader would read."""
    for number in (signal.SIGKILL, signal.SIGQUIT):
        t = Terminal("--real", "--plain")
        t.wait("Enter takes what is in brackets")
        for _ in range(80):
            if "(not shown)" in t.text:
                break
            t.send(b"12-ab.apps.googleusercontent.com\n" if t.text.endswith("OAuth client ID [needed] ") else b"yes\n" if t.text.endswith("[no] ") else b"\n")
            while t.pump(0.3):
                pass
        shown = t.wait(r"\(not shown\)")
        hidden = not termios.tcgetattr(t.master)[3] & termios.ECHO
        os.kill(t.children()[0], number)
        status = t.end()
        ok(shown and hidden and status == (128 + number if number == signal.SIGKILL else 130) and not t.left_on(), f"plain, signal {number} while a secret is typed: the echo is back", (shown, hidden, status, t.left_on()))
        ok(b"\x1b" not in t.raw and os.path.exists(t.file), "without an escape sequence, and with the answers kept", t.raw[-300:])
        t.close()


def colours():
    for name, extra, colourless in (("NO_COLOR", {"NO_COLOR": "1"}, True), ("CLICOLOR=0", {"CLICOLOR": "0"}, True), ("nothing set", {}, False)):
        t = Terminal(**extra)
        t.wait("Project number")
        coloured = re.search(rb"\x1b\[[0-9;]*3[0-7][;m]", t.raw) is not None
        ok(coloured != colourless, f"{name}: {'no colour' if colourless else 'colour'} on the screen")
        t.close()


def mouse():
    t = Terminal()
    t.wait("Project number")
    on = (b"\x1b[?1000h", b"\x1b[?1006;1000h", b"\x1b[?1006h")
    before = any(x in t.raw for x in on)
    t.send(b"\x14")
    ok(t.wait("Ctrl-T gives it back") and not before and any(x in t.raw for x in on), "Ctrl-T turns the mouse on")
    t.send(b"\x1b[<0;5;7M\x1b[<0;5;7m")
    clicked = t.wait("All resources are named after it")
    t.send(b"\x03")
    t.wait("Leave now")
    t.send(b"y")
    t.end()
    last = max(t.raw.rfind(x) for x in on)
    ok(clicked and not before and 0 < last < max(t.raw.rfind(x) for x in (b"\x1b[?1000l", b"\x1b[?1006;1000l")),
       "the mouse is off until Ctrl-T, chooses lines, and is off at the end", clicked)
    t.close()


def serial():
    """A line that does not tell its size (0x0): the program asks where the cursor stands."""
    t = Terminal(lines=0, columns=0)
    end = time.monotonic() + 10
    while b"\x1b[6n" not in t.raw and time.monotonic() < end:
        t.pump(0.05)
    t.send(b"\x1b[30;100R")
    shown = t.wait("Project number")
    rows, columns = struct.unpack("HHHH", fcntl.ioctl(t.master, termios.TIOCGWINSZ, b"\0" * 8))[:2]
    ok(shown and (rows, columns) == (30, 100), "a line without a size is asked for it", (rows, columns))
    t.close()
    t = Terminal(lines=0, columns=0)
    end = time.monotonic() + 10
    while b"\x1b[6n" not in t.raw and time.monotonic() < end:
        t.pump(0.01)
    t.send(b"\x03" * 20)
    code = t.end()
    ok(code == 130 and b"signal" not in t.raw, "Ctrl-C instead of the answer leaves as it does later on", (code, t.raw[-300:]))
    t.close()


def links():
    t = Terminal()
    to_auth(t)
    t.send(b"\t\t")  # behind the choices, which need the room
    end = time.monotonic() + 10
    while b"\x1b]8;;" not in t.raw and time.monotonic() < end:
        t.pump(0.05)
    ok(b"\x1b]8;;https://mlflow-246813579012.us-central1.run.app/oauth2/callback\x1b\\" in t.raw, "an address is a link where the terminal knows links")
    t.send(b"?")
    t.wait("Ctrl-Z stops")
    at, raw = len(t.text), len(t.raw)
    t.send(b"\x0c")
    drawn = t.wait("Ctrl-Z stops", since=at)
    t.send(b"x")
    ok(drawn and t.wait("paste", since=at) and b"/oauth2/callback\x1b\\" not in t.raw[raw:t.raw.rfind(b"Ctrl-Z stops")],
       "and is none where something lies over it")
    t.close()
    for term, shows in (("xterm-ghostty", "choose"), ("foot", "choose"), ("hp2645", "of type hp2645")):
        t = Terminal(term=term, TERMINFO="/nonexistent")
        ok(t.wait(shows), f"a machine that does not know {term}: {shows}", t.text[-300:])
        t.close()
    t = Terminal(term="linux")
    to_auth(t)
    t.send(b"\t\t")
    ok(t.wait("callback") and b"\x1b]8" not in t.raw, "and text where it would print the escape")
    t.close()


def flooded():
    """10,000 lines a second from one of 200 steps at work, while somebody types: every key counts, and the log has what it promises. A sanitizer's
    program is several times as slow."""
    total, typed = 30000, "no-such-words-in-it-0123456789-but-all-typed"
    t = Terminal("--flood", "2000" if b"__asan_init" in content(WIZARD) else "10000", str(total))
    to_auth(t)
    for page in ("Availability", "to create"):
        t.send(b"\r")
        t.wait(page)
    t.send(b"b")
    t.wait("flood line 0")
    t.send(b"l")
    t.send(b"/")
    begun = t.text.count("flood line")
    for c in typed:
        t.send(c.encode())
        t.pump(0.02)
    at = len(t.text)
    drawn = False
    for columns in range(90, 100):  # all is drawn again, so the text is whole once every key has come
        t.resize(24, columns)
        drawn = drawn or t.wait(re.escape(typed), 2, since=at)
    ok(drawn and begun, "keys typed into a flood of lines are all there, in order", t.text[-300:])
    t.send(b"\r")
    ok(t.wait("Not found"), "and are searched for")
    ok(t.wait("proven: a run is logged", 60), "the log follows to the last line")
    path = t.file.replace(".json", ".log")
    t.send(b"w")
    t.wait("The log is in")
    saved = content(path).decode()
    lines = [int(n) for n in re.findall(r"flood line (\d+)", saved)]
    ok(lines and lines == list(range(lines[0], total)) and len(lines) >= 14000, "the newest lines are kept without a hole",
       f"{len(lines)} from {lines[:1]} to {lines[-1:]}")
    begins = set(re.findall(r"flood/(\d+): .*begun", saved))
    ok(lines[0] > 0 and len(begins) == 200, "what the run itself said is kept, however long ago", f"{len(begins)} of 200 from line {lines[0]}")
    t.close()


class Tmux:
    """A wizard in a terminal that keeps a screen: what stands there, not what was written."""

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp()
        self.tmux = ["tmux", "-f", "/dev/null", "-S", os.path.join(self.folder, "socket")]
        environment = {"HOME": self.folder, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh",
                       "TOP_SRCDIR": os.environ["TOP_SRCDIR"]}
        command = shlex.join(["cd", self.folder]) + "; " + shlex.join([WIZARD, *arguments, "m.json"]) + "; exec sleep 60"
        subprocess.run([*self.tmux, "new-session", "-d", "-x", "80", "-y", "24", command], env=environment, check=True)
        subprocess.run([*self.tmux, "set", "-g", "status", "off"], check=True)

    def shown(self):
        return subprocess.run([*self.tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout

    def wait(self, true, seconds=20):
        """The screen for which it holds, or the last one."""
        end = time.monotonic() + seconds
        while not true(shown := self.shown()) and time.monotonic() < end:
            time.sleep(0.02)
        return shown

    def settled(self, title, calm=0.3):
        """The screen of the page with this title, once it stays as it is."""
        last, since = self.wait(lambda s: s.split("\n")[0].rstrip().endswith(title)), time.monotonic()
        while time.monotonic() - since < calm:
            shown = self.shown()
            since = since if shown == last else time.monotonic()
            last = shown
        return last

    def press(self, key):
        subprocess.run([*self.tmux, "send-keys", key], check=True)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def edges(shown):
    """The cells in which the sides of a box stand, a pair for each row."""
    cells = [[c for c in row for _ in range(2 if unicodedata.east_asian_width(c) in "WF" else 1)] for row in shown.split("\n")]
    return [(row.index("\u2502"), len(row) - row[::-1].index("\u2502")) for row in cells if row.count("\u2502") > 1]


def walk_in_japanese(words, covered):
    """The pages, with help opened and closed over each when covered; None for a page that did not come back."""
    t = Tmux("--words", "ja", words)
    t.wait(lambda s: "246813579012" in s)  # the project's number, which is known last
    translated = gettext.translation("mlflow-setup", words, ["ja"]).gettext
    pages = []
    for title in ("Project", "Where it runs", "Access", "Size and cost", "Review"):
        pages.append(t.settled(translated(title)))
        if covered:
            t.press("?")
            box = t.wait(lambda s: len(edges(s)) > 3)
            pages[-1] += "" if len(set(edges(box))) == 1 else "crooked: " + box
            t.press("x")
            back = t.wait(lambda s, page=pages[-1]: s == page, 5)
            pages[-1] = pages[-1] if back == pages[-1] else back
        t.press("Enter")
    t.close()
    return pages


def wide_characters():
    """Where help lay over half of a wide character and goes, all is as if it had not been there, on that page and on those that follow."""
    if not shutil.which("tmux") or not shutil.which("msgfmt"):
        return ok(True, "wide characters come back whole # SKIP tmux or msgfmt is not installed")
    words = tempfile.mkdtemp()
    plain_walk, covered_walk = walk_in_japanese(words, False), walk_in_japanese(words, True)
    wrong = [c for p, c in zip(plain_walk, covered_walk) if p != c]
    several = len(set(plain_walk)) == len(plain_walk) and all(any(ord(c) > 0x3000 for c in p) for p in plain_walk)
    ok(several and not wrong, "wide characters of which a half was covered come back whole, on each page", "\n".join(wrong[:1] or plain_walk[:1]))
    shutil.rmtree(words)
    return several


def no_terminal():
    folder = tempfile.mkdtemp()
    out = os.path.join(folder, "out")
    status = os.system(f"TERM=xterm {WIZARD} {folder}/m.json </dev/null >{out} 2>&1")
    with open(out, encoding="utf-8") as file:
        said = file.read()
    ok(os.waitstatus_to_exitcode(status) == 78 and "needs a terminal" in said, "no terminal: exit 78 and what to do instead", said)
    shutil.rmtree(folder)


answers_made = enter_alone()
run_again(answers_made)
killed(signal.SIGKILL, "kill -9")
killed(signal.SIGSEGV, "a crash")
told_to_end(signal.SIGHUP, "SIGHUP")
told_to_end(signal.SIGTERM, "SIGTERM")
told_while_typed(b"", b"x", "keys without end")
told_while_typed(b"\x1b[200~", b"x", "a paste without end")
line_dropped("OAuth client ID", [], "on a page")
line_dropped("Leave now", [b"\x03"], "while it asks whether to leave")
guard_killed()
leave_and_return()
stopped()
resized()
pasted()
consent()
plain(answers_made)
plain_secret_killed()
colours()
mouse()
serial()
links()
flooded()
wide_characters()
no_terminal()
print(f"1..{count}")
sys.exit(0)
