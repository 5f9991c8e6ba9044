#!/usr/bin/env python3
"""Google's own Python client and MLflow's artifact store on simulated buckets: uploads of every kind, ranges, generations, 40 MiB artifacts."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import Home, Sim, done, ok  # noqa: E402
from parts import MLFLOW, mlflow_missing  # noqa: E402

# Runs in MLflow's own Python; a line a check: "ok NAME" or "not ok NAME".
CLIENT = r'''
import hashlib, os, sys, tempfile
from google.api_core import exceptions
from google.cloud import storage

def check(good, name):
    print(("ok " if good else "not ok ") + name, flush=True)

def raises(kind, call, name):
    try:
        call()
        check(False, name)
    except kind:
        check(True, name)

client = storage.Client(project="demo-proj")
bucket = client.bucket("demo-client-bucket")
raises(exceptions.NotFound, bucket.reload, "a bucket that is not there")
bucket.iam_configuration.uniform_bucket_level_access_enabled = True
bucket.create(location="us-central1")
check(bucket.location == "US-CENTRAL1", "a bucket is created")
raises(exceptions.Conflict, lambda: client.create_bucket("demo-client-bucket"), "a second one of that name is refused")
check([b.name for b in client.list_buckets()] == ["demo-client-bucket"], "buckets are listed")
small = bucket.blob("dir/small \u00e4?#.txt")
small.metadata = {"k": "v"}
small.upload_from_string("hello", content_type="text/plain", checksum="crc32c")
check(small.download_as_bytes() == b"hello", "a small object, whose name needs quoting, comes back")
check(bucket.get_blob(small.name).metadata == {"k": "v"}, "with its metadata")
check(small.download_as_bytes(start=1, end=3) == b"ell", "a range of it")
raises(exceptions.PreconditionFailed, lambda: bucket.blob(small.name).upload_from_string("x", if_generation_match=0), "a precondition")
data = os.urandom(40 << 20)
with tempfile.NamedTemporaryFile() as f:
    f.write(data)
    f.flush()
    big = bucket.blob("big.bin", chunk_size=8 << 20)
    big.upload_from_filename(f.name, checksum="md5")
check(big.size == 40 << 20, "40 MiB go up in chunks")
check(hashlib.sha256(big.download_as_bytes(checksum="md5")).digest() == hashlib.sha256(data).digest(), "and come back as they were")
with big.open("rb") as f:
    f.seek(39 << 20)
    check(f.read() == data[39 << 20:], "seeking reads a range")
with bucket.blob("written.txt").open("wt") as f:
    for n in range(1000):
        f.write("%d\n" % n)
check(bucket.blob("written.txt").download_as_text().endswith("999\n"), "an object that is written as a file")
for name in ("a/1", "a/2", "a/b/3"):
    bucket.blob(name).upload_from_string(name)
listing = client.list_blobs(bucket, prefix="a/", delimiter="/")
check([b.name for b in listing] == ["a/1", "a/2"] and listing.prefixes == {"a/b/"}, "a listing with folders")
check(len(list(client.list_blobs(bucket, page_size=2))) == 6, "pages of a listing")
copy = bucket.copy_blob(big, bucket, "copy.bin")
check(copy.crc32c == big.crc32c, "a copy")
joined = bucket.blob("joined")
joined.compose([bucket.blob("a/1"), bucket.blob("a/2")])
check(joined.download_as_bytes() == b"a/1a/2", "composing")
bucket.rename_blob(joined, "renamed")
check(bucket.blob("renamed").exists() and not joined.exists(), "renaming")
bucket.versioning_enabled = True
bucket.labels = {"managed-by": "test"}
bucket.patch()
bucket.blob("a/1").upload_from_string("newer")
check(len(list(client.list_blobs(bucket, prefix="a/1", versions=True))) == 2, "versions")
policy = bucket.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"user:ann@example.com"}})
bucket.set_iam_policy(policy)
check(any(b["role"] == "roles/storage.objectViewer" for b in bucket.get_iam_policy(requested_policy_version=3).bindings), "a policy")
check(bucket.test_iam_permissions(["storage.objects.get"]) == ["storage.objects.get"], "permissions")
raises(exceptions.Conflict, bucket.delete, "a bucket that is not empty stays")
for blob in list(client.list_blobs(bucket, versions=True)):
    blob.delete()
bucket.delete()
check(not bucket.exists(), "an empty one goes")
'''
ARTIFACTS = r'''
import hashlib, os, tempfile
from google.cloud import storage
from mlflow.store.artifact.gcs_artifact_repo import GCSArtifactRepository

def check(good, name):
    print(("ok " if good else "not ok ") + name, flush=True)

client = storage.Client(project="demo-proj")
client.create_bucket("demo-artifacts")
repository = GCSArtifactRepository("gs://demo-artifacts/runs/1/artifacts")
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model", "weights.bin")
    os.makedirs(os.path.dirname(path))
    data = os.urandom(40 << 20)
    with open(path, "wb") as f:
        f.write(data)
    with open(os.path.join(folder, "model", "MLmodel"), "w") as f:
        f.write("flavors: {}\n")
    repository.log_artifacts(folder)
    found = repository.list_artifacts("model")
    check(sorted((f.path, f.file_size) for f in found) == [("model/MLmodel", 12), ("model/weights.bin", 40 << 20)], "artifacts are logged and listed")
    back = repository.download_artifacts("model")
    with open(os.path.join(back, "weights.bin"), "rb") as f:
        check(hashlib.sha256(f.read()).digest() == hashlib.sha256(data).digest(), "40 MiB are downloaded as they were")
repository.delete_artifacts()
check(not repository.list_artifacts(), "and deleted")
'''


def run(home, sim, script, name):
    program = home.file(f"{name}.py", script)
    proxy = sim.ready["proxy"]
    environment = home.environment | {
        "GOOGLE_APPLICATION_CREDENTIALS": sim.ready["credentials"], "HTTPS_PROXY": proxy, "REQUESTS_CA_BUNDLE": sim.ready["ca"],
        "SSL_CERT_FILE": sim.ready["ca"], "NO_GCE_CHECK": "true", "GOOGLE_CLOUD_PROJECT": sim.ready["project"], "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    r = subprocess.run([os.path.join(MLFLOW, "python"), program], env=environment, capture_output=True, text=True, timeout=300)
    for line in r.stdout.splitlines():
        good = line.startswith("ok ")
        if good or line.startswith("not ok "):
            ok(good, line.split("ok ", 1)[1])
    ok(r.returncode == 0, f"{name} ends well", r.stderr[-2000:])


def main():
    missing = mlflow_missing()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    with Home() as home, Sim(home) as sim:
        run(home, sim, CLIENT, "client")
        run(home, sim, ARTIFACTS, "artifacts")
    return done()


sys.exit(main())
