#!/usr/bin/env python3
"""T3: a secret that is none, or not this client's, is found before anything is made; the console's download is taken apart."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

from harness import SECRET, Home, Sim, done, ok, result_of

WRONG = "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gether"


def register(sim, client):
    """The console made this client: the first secret that is shown for it is its own."""
    form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": "4/made-up", "client_id": client, "client_secret": SECRET,
                                   "redirect_uri": "https://localhost/"}).encode()
    try:
        sim.opener().open("https://oauth2.googleapis.com/token", form, timeout=30)
    except urllib.error.HTTPError as e:
        return json.loads(e.read())["error"]
    return ""


def refused(sim, answers, words, name, **env):
    before = len(sim.exchanges())
    run = sim.run("apply", answers, "--yes", "--json", env=env)
    said = run.stdout + run.stderr
    ok(run.returncode == 78 and words in said, f"{name}: said, exit 78", run.returncode, said)
    ok(not sim.writes(before), f"{name}: nothing was made", *[x["url"] for x in sim.writes(before)])
    ok(env.get("CLIENT_SECRET", WRONG) == "yes" or env.get("CLIENT_SECRET", WRONG) not in said, f"{name}: the value is not shown")


def main():
    with Home() as home:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET")
        with open(answers, encoding="utf-8") as f:
            client = json.load(f)["answers"]["auth.client_id"]
        with Sim(home) as sim:
            ok(register(sim, client) == "invalid_grant", "the client and its secret belong together, the code is made up")
            refused(sim, answers, "cannot be the secret", "what is no secret", CLIENT_SECRET="yes")
            refused(sim, answers, "does not take this secret", "another client's secret", CLIENT_SECRET=WRONG)
            download = home.file("client_secret.json")
            with open(download, "w", encoding="utf-16") as f:
                json.dump({"web": {"client_id": client, "project_id": "demo-proj", "client_secret": SECRET,
                                   "redirect_uris": ["https://example.com/oauth2/callback"]}}, f)
            os.chmod(download, 0o600)
            by_file = home.example("by-file.json", auth__client_secret=f"file:{download}")
            other = home.example("other.json", auth__client_secret=f"file:{download}", auth__client_id="77-other.apps.googleusercontent.com")
            refused(sim, other, client, "the download of another client")
            run = sim.run("apply", by_file, "--yes", "--json")
            ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "the console's download, in UTF-16, is taken apart",
               run.returncode, run.stdout[-3000:], run.stderr[-2000:])
            tries = [x for x in sim.exchanges() if x["url"].endswith("oauth2.googleapis.com/token")]
            again = len(sim.exchanges())
            run = sim.run("apply", by_file, "--yes", "--json")
            ok(run.returncode == 0 and not sim.writes(again), "what stands is not tried again, nor written", run.stdout[-2000:])
            ok(len(tries) >= 3, "client and secret were tried at the token endpoint", len(tries))


main()
done()
