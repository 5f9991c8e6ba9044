"""What holds of every run, whatever is done to it: it ends in time, with a documented exit code, by no signal and with no sanitizer's report; it
shows no secret and no control character; it sends no secret to a host that is not Google's; the answers are whole. Standard library only."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import PROGRAM, SECRET  # noqa: E402  the path comes first

# err.h's, without the one that means a fault of the program itself.
EXITS = {0, 1, 2, 3, 4, 64, 65, 66, 69, 73, 75, 77, 78, 130}
# Seconds for a run, and for what follows each interruption; many times what an undisturbed one takes.
PATIENCE, GRACE = 40, 15
with open(PROGRAM, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()
MOST_MEMORY_KB = 1500000 if SANITIZED else 700000
MOST_OUTPUT = 4 << 20
REPORTS = re.compile(rb"Sanitizer|runtime error:|SUMMARY: |LeakSanitizer|Assertion .* failed|stack smashing|double free|malloc\(\)")


# Who starts this in the background of a script has it ignored, and what is started here would leave it so.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Ended:
    """A run that is over: code, out and err (bytes), how it ended, the memory it took."""

    def __init__(self, code, out, err, how, memory):
        self.code, self.out, self.err, self.how, self.memory = code, out, err, how, memory

    def tail(self):
        return f"exit {self.code}, {self.how}: {(self.out[-300:] + self.err[-700:]).decode(errors='backslashreplace')}"


def run(home, arguments, env=None, patience=PATIENCE, whole_env=None, **options):
    """Runs the program to its end, interrupting it after its patience and killing it when that does not end it."""
    out, err = (open(home.file(f"said.{time.monotonic_ns()}"), "w+b") for _ in range(2))
    streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err} | options
    process = subprocess.Popen([PROGRAM, *arguments], env=whole_env if whole_env is not None else home.environment | (env or {}), **streams)
    how, status, usage = "by itself", None, None
    for seconds, sign in ((patience, signal.SIGINT), (GRACE, signal.SIGINT), (GRACE, signal.SIGKILL), (60, None)):
        deadline = time.monotonic() + seconds
        while status is None and time.monotonic() < deadline:
            pid, status_, usage = os.wait4(process.pid, os.WNOHANG)
            status = status_ if pid else None
            if status is None:
                time.sleep(0.005)
        if status is not None:
            break
        how = "killed" if sign == signal.SIGKILL else "interrupted"
        process.send_signal(sign)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read(MOST_OUTPUT + 1))
        stream.close()
        os.unlink(stream.name)
    return Ended(process.returncode, said[0], said[1], how, usage.ru_maxrss)


def hidden(text):
    """The first character that could move a cursor, hide or reorder text; None when there is none."""
    for c in text:
        if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")):
            return repr(c)
    return None


def forms(secret):
    """How an echo could bring it back."""
    import base64
    raw = secret.encode()
    return {raw, base64.b64encode(raw).rstrip(b"="), raw.hex().encode(), base64.urlsafe_b64encode(raw).rstrip(b"=")}


def leaked(data, secrets):
    """The first secret that is in there, as a few of its characters."""
    for secret in secrets:
        if len(secret) >= 8 and any(form in data for form in forms(secret)):
            return secret[:4] + "..."
    return None


def answers_fault(path, before=None):
    """What is wrong with an answers file after a run, or None: it is what it was, or whole."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return None if before is None else "the answers are gone"
    if data == before:
        return None
    try:
        whole = json.loads(data)
        return None if isinstance(whole.get("answers"), dict) and "format" in whole else "the answers are no answers any more"
    except ValueError as e:
        return f"the answers are torn: {e}"


def fault_of(ended, secrets=(SECRET,), exits=frozenset(EXITS)):
    """What is wrong with how a run ended and what it said, or None."""
    said = ended.out + b"\n" + ended.err
    if ended.how == "killed":
        return f"it did not end when interrupted twice: {ended.tail()}"
    if ended.code not in exits:
        return f"no such exit code: {ended.tail()}"
    if REPORTS.search(said):
        return f"a sanitizer's report: {said[-3000:].decode(errors='backslashreplace')}"
    if ended.memory > MOST_MEMORY_KB:
        return f"{ended.memory} KB of memory"
    if len(said) > MOST_OUTPUT:
        return "it talks without end"
    if leaked(said, secrets):
        return f"the secret {leaked(said, secrets)} is shown"
    try:
        strange = hidden(said.decode())
    except UnicodeDecodeError:
        return f"what it says is no UTF-8: {ended.tail()}"
    if strange:
        return f"{strange} reaches the terminal: {ended.tail()}"
    if ended.code not in (0, 2, 3) and not said.strip():
        return f"it ends with {ended.code} and says nothing"
    return None


class Tally:
    """What was tried of each kind, and what held."""

    def __init__(self):
        self.tried, self.held, self.broken = {}, {}, []

    def note(self, kind, name, fault):
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.held[kind] = self.held.get(kind, 0) + (not fault)
        if fault:
            self.broken.append((kind, name, fault))
            print(f"broken: {kind}: {name}: {fault}", flush=True)

    def lines(self):
        return [f"{kind}: {self.tried[kind]} tried, {self.held[kind]} held" for kind in self.tried]


# Texts that a terminal would obey, and what must be left of them is none of these characters.
TRICKS = ("\x1b[2J\x1b[1;1H", "\x1b]0;owned\x07", "\x9b31m", "\x1bP1$tx\x1b\\", "\u202ereversed\u2066", "\r\nmlflow-setup: all is well", "\u2028line", "\x00\x08\x7f",
          "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "\u200b\u200f\ufeff\u00ad", "\x1b[6n", "%n%s%1$999999d", "\ud800")
