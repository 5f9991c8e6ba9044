# For scripts that drive gcloud through mlflow-setup-sim: starts it with every API on (or in the world that $world says) at full speed, and gives run, g
# and no.
# shellcheck shell=sh
command -v gcloud >/dev/null || { echo '1..0 # SKIP gcloud is not installed'; exit 0; }
dir=$(mktemp -d) || exit 1
sim=${TOP_BUILDDIR:-.}/mlflow-setup-sim
n=0
pid=
trap 'test -n "$pid" && kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT

world=${world:-}; test -n "$world" || world='{"services":["*"]}'
echo "$world" >"$dir/world"
"$sim" --world "$dir/world" --speed max --ready-file "$dir/ready" --log "$dir/log" 2>"$dir/err" & pid=$!
i=0; while ! test -s "$dir/ready" && test $i -lt 100; do sleep 0.1; i=$((i + 1)); done
test -s "$dir/ready" || { echo 'Bail out! the simulated cloud does not start'; cat "$dir/err"; exit 1; }
field() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" "$dir/ready"; }
field token >"$dir/token"
port=$(field proxy); port=${port##*:}
ca=$(field ca)

run() { # GCLOUD-ARGUMENTS...: exit code and JSON in $dir/out
	env -i PATH="$PATH" HOME="$dir" TZ=UTC CLOUDSDK_CONFIG="$dir/cfg" CLOUDSDK_AUTH_ACCESS_TOKEN_FILE="$dir/token" \
		CLOUDSDK_CORE_PROJECT=demo-proj CLOUDSDK_CORE_DISABLE_PROMPTS=1 CLOUDSDK_CORE_CHECK_GCE_METADATA=false \
		CLOUDSDK_PROXY_TYPE=http CLOUDSDK_PROXY_ADDRESS=127.0.0.1 CLOUDSDK_PROXY_PORT="$port" \
		CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE="$ca" CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true CLOUDSDK_SURVEY_DISABLE_PROMPTS=1 \
		timeout 120 gcloud "$@" >"$dir/out" 2>"$dir/errors" </dev/null
}
# g CHECK ARGUMENTS...: gcloud succeeds, and the Python expression CHECK holds for its JSON d (or text t); "" checks nothing more.
g() {
	check=$1; shift; n=$((n + 1)); name="gcloud $*"
	if ! run "$@" --format=json; then
		echo "not ok $n - $name"; sed 's/^/# /' "$dir/errors" | tail -12; return
	fi
	if python3 - "$dir/out" "${check:-True}" <<'P' >"$dir/why" 2>&1
import json, sys
t = open(sys.argv[1]).read()
try:
    d = json.loads(t)
except ValueError:
    d = None
sys.exit(0 if eval(sys.argv[2]) else 1)
P
	then echo "ok $n - $name"; else echo "not ok $n - $name: $check"; head -c 2000 "$dir/out" | sed 's/^/# /'; sed 's/^/# /' "$dir/why"; fi
}
# no WORDS ARGUMENTS...: gcloud fails and says so.
no() {
	words=$1; shift; n=$((n + 1))
	if ! run "$@" && grep -q -- "$words" "$dir/errors"; then echo "ok $n - refused: gcloud $*"
	else echo "not ok $n - refused: gcloud $*: $words"; sed 's/^/# /' "$dir/errors" | tail -12; fi
}
