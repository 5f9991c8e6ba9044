"""Trials of what a person's side of the program meets: a terminal that says anything, prompts that are given anything, and the folder where its
state lies being somebody else's, a link, or no folder at all."""
import fcntl
import os
import pty
import random
import select
import shutil
import signal
import struct
import termios
import time

import judge
from clouds import example
from harness import PROGRAM, SECRET, Home, Sim, read

LINES = (24, 80)


class Screen:
    """The program on a terminal of its own."""

    def __init__(self, home, arguments, env, size=LINES):
        gate, opened = os.pipe()
        self.pid, self.master = pty.fork()
        if not self.pid:
            os.close(opened)
            os.read(gate, 1)  # until the settings before were read
            os.chdir(home.path)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            # ncurses keeps what a terminal that it cannot open left behind.
            quiet = {"ASAN_OPTIONS": home.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
            os.execve(PROGRAM, [PROGRAM, *arguments], home.environment | quiet | env)
        self.before = termios.tcgetattr(self.master)
        os.close(gate)
        os.close(opened)
        self.said, self.status, self.memory = b"", None, 0

    def pump(self, seconds):
        """Takes what it says; false when it says nothing, or no more."""
        try:
            data = os.read(self.master, 65536) if select.select([self.master], [], [], seconds)[0] else b""
        except OSError:
            data = b""
        self.said = (self.said + data)[-judge.MOST_OUTPUT:]
        return bool(data)

    def over(self, seconds):
        """Waits for its end for so long."""
        deadline = time.monotonic() + seconds
        while self.status is None and time.monotonic() < deadline:
            self.pump(0.02)
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self.memory = os.waitstatus_to_exitcode(status), usage.ru_maxrss
        while self.status is not None and self.pump(0):
            pass
        return self.status is not None

    def say(self, data):
        """Types it, as far as it is taken."""
        for at in range(0, len(data), 512):
            if self.over(0) or not select.select([], [self.master], [], 1)[1]:
                return
            try:
                os.write(self.master, data[at:at + 512])
            except OSError:
                return
            self.pump(0)

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def end(self, first):
        """Its end as judge.py takes it: by the first signal (None: by itself), by Ctrl-C's, by force."""
        how = "by itself"
        for sign, seconds in ((first, judge.PATIENCE), (signal.SIGINT, judge.GRACE), (signal.SIGINT, judge.GRACE), (signal.SIGKILL, 60)):
            if self.over(0):
                break
            if sign:
                os.kill(self.pid, sign)
            if self.over(seconds):
                break
            how = "killed" if sign == signal.SIGKILL else "interrupted"
        return judge.Ended(self.status, self.said, b"", how, self.memory)

    def left_on(self):
        """What of the terminal is not as it was."""
        modes = {"alternate screen": b"?1049", "bracketed paste": b"?2004", "application keys": b"?1"}
        left = [name for name, mode in modes.items() if self.said.rfind(b"\x1b[" + mode + b"h") > self.said.rfind(b"\x1b[" + mode + b"l")]
        return left + (["line settings"] if termios.tcgetattr(self.master)[:4] != self.before[:4] else [])

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


# What a terminal, or a paste, may bring. Ctrl-Z is not there: a program that is stopped is not stuck.
BYTES = (b"\r", b"\t", b"\x1b", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[Z", b"\x1b[5~", b"\x7f", b"\x15", b"?", b"/", b"b", b"d", b"q", b"y", b" ", b"\x0c", b"\x00", b"\xff\xfe\x80", b"\xc3",
         "é😀\u202e\u200b".encode(), b"\x1b[?62;1;2c", b"\x1b[24;80R", b"\x1b[999999999;999999999R", b"\x1b]11;rgb:0000/0000/0000\x07", b"\x1b]52;c;" + b"A" * 5000, b"\x1bP1$r0m\x1b\\",
         b"\x1b[M" + b"\xff" * 3, b"\x1b[<0;99999;99999M", b"\x1b[I", b"\x1b[O", b"\x1b[200~" + b"pasted\r\n\x03\x1b[31m" * 20 + b"\x1b[201~", b"\x1b[200~never ended", b"\x1b[201~",
         b"\x1b[200~" + b"x" * 20000 + b"\x1b[201~", b"\x1b[" + b"1;" * 3000 + b"m", b"\x1bO", b"\x1b[1;5", b"\x1b" * 300, b"\x9b31m", b"\xe2\x80", b"a" * 300)
TERMS = ("xterm-256color", "xterm-256color", "xterm", "linux", "screen", "vt100", "dumb", "", "nowhere", "x" * 5000, "../../etc/passwd", "%s%n", "\x1b[2J")
LOCALES = ("C.UTF-8", "C.UTF-8", "C", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8", "xx_XX", "", "../..", "C.UTF-8@" + "x" * 3000, "zh_CN.GB18030", "%n")
SIZES = (LINES, LINES, (1, 1), (2, 20), (500, 1000), (24, 40), (0, 0))
SOONER = 10  # times that something is typed


def screen_trial(seed):
    """The wizard, given anything."""
    rnd = random.Random(f"screen {seed}")
    with Home() as home:
        answers = example(home, rnd.choice(("cloud-run", "gke", "vm", "appengine")))
        env = {"TERM": rnd.choice(TERMS), "LC_ALL": rnd.choice(LOCALES), "CLIENT_SECRET": SECRET, "ESCDELAY": rnd.choice(("0", "25", "-1", "9" * 30))}
        before, options = read(answers), rnd.choice(([], [], ["--plain"], ["--color=never"]))
        told = f"{env['TERM'][:20]!r} {env['LC_ALL'][:20]!r} {' '.join(options)}, seed {seed}"
        screen = Screen(home, ["--rehearse", *options, answers], env, rnd.choice(SIZES))
        try:
            screen.pump(2)
            for _ in range(rnd.randrange(2, SOONER)):
                screen.say(b"".join(rnd.choice(BYTES) for _ in range(rnd.choice((1, 3, 10)))))
                if rnd.random() < 0.2:
                    screen.resize(*rnd.choice(SIZES))
                screen.over(0.05)
            ended = screen.end(rnd.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
            left = screen.left_on() if ended.how != "killed" else []
        finally:
            screen.close()
        fault = ended.how == "killed" and f"it did not end: {ended.tail()}" or ended.code not in judge.EXITS | {128 + s for s in (1, 2, 15)} and ended.tail()
        fault = fault or (judge.REPORTS.search(ended.out) and ended.tail()) or (judge.leaked(ended.out, [SECRET]) and "the secret is shown")
        fault = fault or (left and f"the terminal keeps {left}") or judge.answers_fault(answers, before)
        return "screens", told, fault or None


TYPED = "typed~at~the~prompt~0123456789"  # of no form that a secret has
PASTES = (b"\n", b"\x04", b"yes\n", b"\x03", TYPED.encode() + b"\n", b"\x1b[2J" + TYPED.encode() + b"\n", b"\x1b[200~" + TYPED.encode() + b"\x1b[201~\n", TYPED.encode("utf-16") + b"\n", b"\x00" * 50 + b"\n",
          b'"' + TYPED.encode() + b'"\n', b"{" * 300 + b"\n", b'{"web":{"client_id":"other.apps.googleusercontent.com","client_secret":"' + TYPED.encode() + b'"}}\n', b"\xff\xfe" + TYPED.encode() + b"\n",
          (TYPED * 120).encode() + b"\n", "\u202e".encode() + TYPED.encode() + b"\n", b"/dev/zero\n", b"/etc/passwd\n", b"~\n", b"env:HOME\n")


def prompt_trial(seed):
    """A secret is asked for, and something that is none is typed: nothing is made, and it is not shown."""
    rnd = random.Random(f"prompt {seed}")
    paste = rnd.choice(PASTES)
    with Home() as home, Sim(home) as sim:
        answers = example(home, "cloud-run")
        before = read(answers)
        env = {k: v for k, v in sim.environment().items() if k != "CLIENT_SECRET"} | {"TERM": "xterm", "NO_COLOR": "1"}
        screen = Screen(home, ["apply", answers, "--set", "auth.client_secret=prompt", *sim.options()], env)
        try:
            deadline = time.monotonic() + judge.PATIENCE
            while b"OAuth client secret:" not in screen.said and not screen.over(0.02) and time.monotonic() < deadline:
                pass
            screen.say(paste)
            ended = screen.end(None)
            left = screen.left_on()
        finally:
            screen.close()
        ended.out = ended.out.replace(b"\r\n", b"\n")
        fault = judge.fault_of(ended, (SECRET, TYPED)) or (ended.how != "by itself" and f"it waits for ever: {ended.tail()}") or (left and f"the terminal keeps {left}")
        fault = fault or (ended.code == 0 and "it was taken for a secret") or (sim.writes() and f"it wrote: {sim.writes()[0]['url']}") or judge.answers_fault(answers, before)
        return "prompts", f"{paste[:40]!r}, seed {seed}", fault or None


def no_folder(path, rnd):
    """Makes the folder of the state something else; what."""
    kind = rnd.choice(("file", "FIFO", "link", "dangling", "loop", "writable", "unreadable", "other owner", "crowded", "not there"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if kind == "file":
        with open(path, "wb"):
            pass
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind in ("link", "dangling", "loop"):
        os.symlink({"link": "/usr", "dangling": path + ".nowhere", "loop": path}[kind], path)
    elif kind != "not there":
        os.mkdir(path, 0o700)
        for n in range(3000 if kind == "crowded" else 0):
            os.close(os.open(f"{path}/{n}\x1b[2J\n", os.O_CREAT | os.O_WRONLY, 0o600))
        os.chmod(path, {"writable": 0o777, "unreadable": 0}.get(kind, 0o700))
        if kind == "other owner" and os.geteuid() == 0:
            os.chown(path, 12345, 12345)
    return kind


def place_trial(seed):
    """The state's folder is not what it should be, in a run against a cloud, which keeps a journal there."""
    rnd = random.Random(f"place {seed}")
    with Home() as home, Sim(home) as sim:
        answers = example(home, "cloud-run")
        before = read(answers)
        state = home.file("state/mlflow-setup")
        kind = no_folder(state, rnd)
        ended = judge.run(home, ["destroy", answers, "--yes", *sim.options()], env=sim.environment() | {"XDG_STATE_HOME": os.path.dirname(state)})
        fault = judge.fault_of(ended) or (ended.how != "by itself" and f"it waits for ever: {ended.tail()}") or judge.answers_fault(answers, before)
        if os.path.isdir(state) and not os.path.islink(state):
            os.chmod(state, 0o700)
            if kind == "crowded":
                shutil.rmtree(state)
        return "places", f"{kind}, exit {ended.code}, seed {seed}", fault or None


TRIALS = {"screens": (screen_trial, 18), "prompts": (prompt_trial, 12), "places": (place_trial, 12)}
