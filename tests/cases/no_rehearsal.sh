#!/bin/sh
# A program that is built without the simulated cloud holds nothing of it, says so when it is asked to rehearse, and does the rest.
set -u
program=$TOP_BUILDDIR/tests/cases/unrehearsed
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
n=0
ok() { # RESULT NAME
	n=$((n + 1))
	[ "$1" -eq 0 ] && echo "ok $n - $2" || { echo "not ok $n - $2"; sed 's/^/# /' "$home/out" "$home/err"; }
}
run() { HOME=$home "$program" "$@" </dev/null >"$home/out" 2>"$home/err"; }

nm "$program" >"$home/out" 2>"$home/err" && ! grep -q ' T sim_new$' "$home/out"; ok $? "nothing of the simulated cloud is in it"
: >"$home/out"
for verb in "" plan apply; do
	run $verb --rehearse "$TOP_SRCDIR/examples/cloud-run.json"
	[ $? -eq 64 ] && grep -q -e --disable-rehearsal "$home/err"; ok $? "${verb:-the wizard} does not rehearse: 64"
done
run validate "$TOP_SRCDIR/examples/cloud-run.json"; ok $? "it validates all the same"
[ ! -e mlflow.json ]; ok $? "nothing is written"
echo "1..$n"
