#!/usr/bin/env python3
"""Each of the examples is told to plain mode in a rehearsal, question by question and then in the list of all settings; what it writes is that file, byte for byte (TAP)."""
import glob
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
EXAMPLES = os.path.join(os.environ["TOP_SRCDIR"], "examples")
PROMPT = re.compile(r"(?:\[[^\n]*\]|back:) $")
SETTINGS = "Enter to go back: "
count = 0


def ok(passed, name, note=""):
    global count
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {name}", flush=True)
    if not passed and note:
        print("# " + str(note).replace("\n", "\n# ")[-3000:])


def environment(home):
    keep = {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))}
    return {"TERM": "dumb", "HOME": home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", **keep}


class Talk:
    """Plain mode on a terminal that does not echo: what was said, and what is said since the last line was typed."""

    def __init__(self, home, file):
        self.said = self.since = ""
        self.status = None
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            subprocess.run(["stty", "-echo"], check=False)
            os.execve(PROGRAM, [PROGRAM, "--rehearse", "--speed", "400", file], environment(home))

    def hear(self, seconds=60):
        """Until a prompt stands at the end, or the program has ended; the words since the last line."""
        end = time.monotonic() + seconds
        while not PROMPT.search(self.since) and time.monotonic() < end:
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.master, 65536).decode(errors="replace").replace("\r\n", "\n")
            except OSError:
                more = ""
            if not more:
                break
            self.said += more
            self.since += more
        return self.since

    def tell(self, line):
        self.since = ""
        os.write(self.master, line.encode() + b"\n")
        return self.hear()

    def end(self):
        at_prompt = self.hear(20) and PROMPT.search(self.since)
        end = time.monotonic() + (0 if at_prompt else 20)
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        while not pid and time.monotonic() < end:
            select.select([], [], [], 0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            os.kill(self.pid, 9)
            status = os.waitpid(self.pid, 0)[1]
        self.status = os.waitstatus_to_exitcode(status)
        os.close(self.master)


def line_of(question, value):
    """How an answer is typed."""
    if isinstance(value, list):
        return ",".join(value) or "!"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "!"


def asked(titles, words):
    """The question whose title is said last: on a line of its own, or before the brackets."""
    for line in reversed(words.split("\n")):
        title = re.sub(r" \[[^\n]*\] $", "", line)
        if title in titles:
            return titles[title]
    return None


def tell_pages(talk, titles, answers):
    """All questions of the pages; the ids that were asked, or None where the same is asked over and over."""
    words, told = talk.hear(), []
    while "A number changes that line" not in words:
        question = asked(titles, words)
        if not question or told.count(question["id"]) > 2:
            return None
        told.append(question["id"])
        words = talk.tell(line_of(question, answers[question["id"]]))
    return told


def tell_settings(talk, titles, answers):
    """Whatever the list of all settings offers, by its number, until all was told. What does not go together with the others yet is told again after them."""
    words, tries, taken = talk.tell("a"), {}, set()
    while True:
        rows = [(m[1], titles[m[2]]) for m in re.finditer(r"^  (\d+)  (.+?): ", words, re.M) if m[2] in titles]
        left = [(tries.get(q["id"], 0), number, q) for number, q in rows if q["id"] not in taken and tries.get(q["id"], 0) < 4]
        if not left:
            talk.tell("")
            return set(tries)
        _, number, question = min(left, key=lambda one: one[0])
        tries[question["id"]] = tries.get(question["id"], 0) + 1
        talk.tell(number)
        words = talk.tell(line_of(question, answers[question["id"]]))
        if SETTINGS in words:
            taken.add(question["id"])
        else:
            talk.tell("<")
        words = talk.tell("?")


def without_found(text):
    """The file without what was found out once ("resolved"), which nobody is asked for."""
    return re.sub(r'"resolved": \{.*?\n  \}|"resolved": \{\}', '"resolved": {}', text, flags=re.S)


def stack(titles, name, whole):
    home = tempfile.mkdtemp(prefix="mlflow-setup-plain-")
    talk = Talk(home, "new.json")
    told = tell_pages(talk, titles, whole["answers"])
    ok(told, f"{name}: the pages lead to the review", talk.said[-2000:])
    if told:
        told = tell_settings(talk, titles, whole["answers"]) | set(told)
        if name in GIVEN:
            talk.tell("yes")
        talk.tell("q")
    talk.end()
    if name in GIVEN:
        ok(talk.status == 0 and "The rehearsal went well" in talk.said, f"{name}: what was only named on the screen is there, and it is built", talk.said[-2000:])
    with open(os.path.join(home, "new.json"), encoding="utf-8") as file:
        got = without_found(file.read())
    if "auth.client_id" not in (told or ()):  # a rehearsal has one made already
        whole["answers"]["auth.client_id"] = json.loads(got)["answers"]["auth.client_id"]
    wanted = without_found(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    ok(got == wanted, f"{name}: plain mode writes the same file", difference(wanted, got) + talk.said[-600:])
    shutil.rmtree(home, ignore_errors=True)


def difference(wanted, got):
    return "\n".join(f"{sign} {line}" for sign, ours, others in (("wanted", wanted, got), ("got", got, wanted))
                     for line in ours.splitlines() if line not in others.splitlines()) + "\n"


# Examples that stand in what others made, or in a project that the sign-in does not name.
GIVEN = {"cloud-run-existing-network", "cloud-run-shared-vpc", "existing-cluster", "another project"}
# What no example has: an example, other answers.
VARIANTS = {
    "another project": ("cloud-run", {"project.id": "my-company-ml"}),
    "basic": ("cloud-run", {"auth.mode": "basic"}),
    "IAP": ("cloud-run", {"auth.mode": "iap"}),
    "IAM": ("cloud-run", {"auth.mode": "iam"}),
    "Entra ID": ("cloud-run", {"auth.provider": "entra-id", "auth.issuer": "https://login.microsoftonline.com/01234567-89ab-cdef-0123-456789abcdef/v2.0",
                               "auth.client_id": "fedcba98-7654-3210-fedc-ba9876543210"}),
    "Keycloak": ("cloud-run", {"auth.provider": "keycloak", "auth.issuer": "https://id.example.com/realms/ml", "auth.client_id": "mlflow"}),
    "GitHub": ("cloud-run", {"auth.provider": "github", "auth.client_id": "Ov23liABCDEFGHIJKLMN"}),
}


def main():
    listed = subprocess.run([PROGRAM, "questions", "--json"], capture_output=True, text=True, check=True, env=environment("/"))
    titles = {q["title"]: q for q in map(json.loads, listed.stdout.splitlines())}
    examples = [os.path.basename(path).removesuffix(".json") for path in glob.glob(os.path.join(EXAMPLES, "*.json"))]
    stacks = {name: (name, {}) for name in examples}
    for name, (of, other) in sorted((stacks | VARIANTS).items()):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with open(os.path.join(EXAMPLES, f"{of}.json"), encoding="utf-8") as file:
            whole = json.load(file)
        whole["answers"].update(other)
        stack(titles, name, whole)
    print(f"1..{count}")


main()
