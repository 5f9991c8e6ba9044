#!/usr/bin/env python3
"""The clean-up on the simulated cloud: what was deleted in MLflow goes for good with its files, and what was not stays. On Cloud Run Cloud Scheduler's job starts
the task, as an account that may do nothing else. On the other targets dev/matrix.tsv has it made, kept and deleted; that gc.sh does its work with the real
MLflow, in both artifact modes, is tests/real/walls.py's to show."""
from cloud_hand import ask
from harness import Home, Sim, done, ok, result_of, wait_for

STORAGE = "https://storage.googleapis.com/storage/v1/b/"
RUN = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1/jobs/mlflow-cleanup"
SCHEDULER = "https://cloudscheduler.googleapis.com/v1/projects/demo-proj/locations/us-central1/jobs/mlflow-cleanup"


class Server:
    """The stack's MLflow by its front door."""

    def __init__(self, sim, answers, url):
        self.sim, self.url = sim, url
        self.token = sim.run("token", answers).stdout.strip()

    def ask(self, method, path, body=None):
        return ask(self.sim, method, f"{self.url}/api/2.0/{path}", body, self.token)

    def log(self, experiment):
        """A run; its id and where its files are."""
        info = self.ask("POST", "mlflow/runs/create", {"experiment_id": experiment})["run"]["info"]
        return info["run_id"], info["artifact_uri"]

    def there(self, run):
        try:
            return self.ask("GET", f"mlflow/runs/get?run_id={run}")["run"]["info"]["run_id"] == run
        except RuntimeError as e:
            if "RESOURCE_DOES_NOT_EXIST" in str(e):
                return False
            raise


def put_file(server, uri):
    """A file of a run, through the server."""
    path = uri[len("mlflow-artifacts:/"):]
    server.ask("PUT", f"mlflow-artifacts/artifacts/{path}/a.txt", {"is": "a file"})
    return f"artifacts/{path}/a.txt"


def objects(sim, bucket):
    return {o["name"] for o in ask(sim, "GET", f"{STORAGE}{bucket}/o").get("items", [])}


def stack(home, name, **more):
    """Applies, and the result."""
    sim = home.sim
    answers = home.example(f"{name}.json", **more)
    run = sim.run("apply", answers, "--json", timeout=300)
    result = result_of(run.stdout)
    ok(run.returncode == 0 and result.get("outcome") == "proven", f"{name}: it stands and is proven", result, run.stderr)
    return answers, result


def some_runs(server):
    """One that stays, one that is deleted, one of an experiment that is deleted: {what: (run, object)}."""
    runs = {}
    gone = server.ask("POST", "mlflow/experiments/create", {"name": "gone"})["experiment_id"]
    for what, experiment in (("stays", "0"), ("deleted", "0"), ("within", gone)):
        run, uri = server.log(experiment)
        runs[what] = run, put_file(server, uri)
    server.ask("POST", "mlflow/runs/delete", {"run_id": runs["deleted"][0]})
    server.ask("POST", "mlflow/experiments/delete", {"experiment_id": gone})
    return runs


WORDS = {"stays": "a run that nobody deleted is there", "deleted": "one that was deleted went", "within": "so did one of a deleted experiment"}


def cleaned(server, bucket, runs, name):
    for what, (run, file) in runs.items():
        stays = what == "stays"
        ok(server.there(run) == stays and (file in objects(server.sim, bucket)) == stays, f"{name}: {WORDS[what]}, and its file too")


def by_scheduler(home):
    answers, result = stack(home, "run", auth__mode="iam", cleanup__schedule="daily", cleanup__older_than_days=0)
    sim, bucket = home.sim, next(b["name"] for b in ask(home.sim, "GET", f"{STORAGE[:-1]}?project=demo-proj")["items"] if "artifacts" in b["name"])
    server = Server(sim, answers, result["url"])
    job, task = ask(sim, "GET", SCHEDULER), ask(sim, "GET", RUN)
    ok(job["schedule"] == "0 4 * * *" and job["httpTarget"]["uri"] == f"{RUN}:run" and job.get("scheduleTime"), "run: it is due every day", job)
    ok(task.get("executionCount", 0) == 0, "run: it did not run so far", task)
    who = f"serviceAccount:{job['httpTarget']['oauthToken']['serviceAccountEmail']}"
    roles = [b["role"] for b in ask(sim, "POST", "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy", {}).get("bindings", []) if who in b["members"]]
    own = ask(sim, "GET", f"{RUN}:getIamPolicy")["bindings"]
    ok(not roles and own == [{"role": "roles/run.invoker", "members": [who]}], "run: who starts it may start it, and nothing in the project", roles, own)
    runs = some_runs(server)
    ask(sim, "POST", f"{SCHEDULER}:run", {})
    wait_for(lambda: ask(sim, "GET", RUN).get("latestCreatedExecution", {}).get("completionTime"), "the task's end")
    ok(ask(sim, "GET", SCHEDULER).get("status") == {}, "run: Cloud Scheduler was let in")
    cleaned(server, bucket, runs, "run")
    run = sim.run("plan", answers)
    ok(run.returncode == 0, "run: plan finds nothing to do then", run.stdout)
    run = sim.run("apply", answers, "--json", "--yes", "--set", "cleanup.schedule=off", timeout=300)
    ok(run.returncode == 0 and not ask(sim, "GET", SCHEDULER.rsplit("/", 1)[0]).get("jobs") and "mlflow-cleanup" not in str(ask(sim, "GET", RUN.rsplit("/", 1)[0])),
       "run: without a schedule, nothing of it stays", result_of(run.stdout), run.stderr)


def main():
    with Home() as home, Sim(home) as sim:
        home.sim = sim
        by_scheduler(home)
    done()


if __name__ == "__main__":
    main()
