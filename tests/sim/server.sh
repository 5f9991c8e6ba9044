#!/bin/sh
# Drives mlflow-setup-sim through its proxy with curl: TLS, CONNECT, keep-alive, bad input, a front, faults, log and dump.
command -v curl >/dev/null || { echo '1..0 # SKIP curl is not installed'; exit 0; }
dir=$(mktemp -d) || exit 1
sim=${TOP_BUILDDIR:-.}/mlflow-setup-sim
n=0
pid=
trap 'test -n "$pid" && kill "$pid" 2>/dev/null; test -n "$up" && kill "$up" 2>/dev/null; rm -rf "$dir"' EXIT

ok() { # NAME COMMAND...: passes when the command does
	name=$1; shift; n=$((n + 1))
	if "$@" >"$dir/last" 2>&1; then echo "ok $n - $name"; else echo "not ok $n - $name"; sed 's/^/# /' "$dir/last"; fi
}
field() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" "$dir/ready"; }
until_there() { i=0; while ! test -s "$1" && test $i -lt 100; do sleep 0.1; i=$((i + 1)); done; test -s "$1"; }
start() {
	"$sim" --ready-file "$dir/ready" "$@" 2>"$dir/err" & pid=$!
	until_there "$dir/ready" || { cat "$dir/err"; exit 1; }
	proxy=$(field proxy); ca=$(field ca); token=$(field token)
}
stop() { kill "$pid" && wait "$pid"; code=$?; pid=; rm -f "$dir/ready"; return $code; }
ask() { curl -sS -m 20 --proxy "$proxy" --cacert "$ca" -H "Authorization: Bearer $token" "$@"; }
# shellcheck disable=SC2154 # given in front of the call
status() { test "$(ask -o "$dir/body" -w '%{http_code}' "$@")" = "$want"; }
holds() { grep -q -- "$1" "$2"; }

echo '{"services":["*"]}' >"$dir/world"
cat >"$dir/faults" <<'F'
[{"host":"storage.*","path":"*/b/reset","reset":"before"},
 {"host":"storage.*","path":"*/b/cut","truncate":true},
 {"host":"storage.*","path":"*/b/busy","status":429,"headers":{"Retry-After":"7"},"count":1},
 {"host":"bad.example.com","badTls":true}]
F
python3 - "$dir/port" <<'P' & up=$!
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self):
        n = int(self.headers.get('Content-Length', 0))
        body = ('%s %s %s %d %s' % (self.command, self.path, self.headers['Host'], len(self.rfile.read(n)), self.headers['X-Forwarded-Proto'])).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_PUT = answer
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 0), H)
open(sys.argv[1], 'w').write(str(s.server_port))
s.serve_forever()
P
until_there "$dir/port"

start --world "$dir/world" --speed max --log "$dir/log" --dump "$dir/dump" --faults "$dir/faults" --front "app.example.com=http://127.0.0.1:$(cat "$dir/port")"
want=404 ok 'an unknown path is 404' status https://run.googleapis.com/v9/nothing
want=200 ok 'a list is answered over TLS' status https://compute.googleapis.com/compute/v1/projects/demo-proj/zones
right=$token; token=nonsense
want=401 ok 'a stranger is 401' status https://compute.googleapis.com/compute/v1/projects/demo-proj/zones
token=$right
want=400 ok 'an unknown field is 400' status -H 'Content-Type: application/json' -d '{"nam":"x"}' https://compute.googleapis.com/compute/v1/projects/demo-proj/global/networks
ok '... in the words of Google' holds 'Unknown name \\"nam\\"' "$dir/body"
want=501 ok 'what is outside says so' status https://pubsub.googleapis.com/v1/projects/demo-proj/schemas
ok 'two requests on one connection' sh -c "test \"\$(curl -sS -m 20 --proxy $proxy --cacert $ca -w '%{num_connects}' -o /dev/null https://run.googleapis.com/v2/a \
	-o /dev/null https://run.googleapis.com/v2/b)\" = 10"
want=400 ok 'a chunked body is read' status -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/json' -d '{"nam":"x"}' https://compute.googleapis.com/compute/v1/projects/demo-proj/global/networks
want=400 ok 'broken JSON is 400' status -H 'Content-Type: application/json' -d '{"name' https://compute.googleapis.com/compute/v1/projects/demo-proj/global/networks
head -c 70000000 /dev/zero >"$dir/big"
want=413 ok 'a body of 70 MB is refused' status -H 'Expect:' --data-binary "@$dir/big" https://compute.googleapis.com/compute/v1/projects/demo-proj/global/networks
want=404 ok 'plain HTTP through the proxy' status http://www.example.com/
ok 'the front gets method, path and host' sh -c "curl -sS -m 20 --proxy $proxy --cacert $ca https://app.example.com/x?y=1 | grep -q 'GET /x?y=1 app.example.com 0 https'"
head -c 3000000 /dev/zero >"$dir/body3"
ok 'the front gets the body' sh -c "curl -sS -m 20 --proxy $proxy --cacert $ca -T $dir/body3 https://app.example.com/up | grep -q 'PUT /up app.example.com 3000000 https'"
ok 'a reset by rule' sh -c "! curl -sS -m 20 --proxy $proxy --cacert $ca https://storage.googleapis.com/storage/v1/b/reset"
ok 'a cut by rule' sh -c "! curl -sS -m 20 --proxy $proxy --cacert $ca https://storage.googleapis.com/storage/v1/b/cut"
ok 'Retry-After by rule' sh -c "curl -sS -m 20 -D - --proxy $proxy --cacert $ca https://storage.googleapis.com/storage/v1/b/busy | grep -qi 'retry-after: 7'"
ok 'bad TLS by rule' sh -c "curl -sS -m 20 --proxy $proxy --cacert $ca https://bad.example.com/ 2>&1 | grep -qi 'expired\\|certificate'"
for junk in 'GET' '\0\0\0\0\0' 'CONNECT : HTTP/1.1\r\n\r\n' 'CONNECT a:443 HTTP/1.1\r\n\r\n\026\003\001\377\377' 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'; do
	printf "$junk" | timeout 2 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(1)
s.sendall(sys.stdin.buffer.read())
s.shutdown(1)
try:
    s.recv(4096)
except OSError:
    pass' "${proxy##*:}"
done
want=200 ok 'it lives after junk' status https://compute.googleapis.com/compute/v1/projects/demo-proj/zones
kill -USR1 "$pid"
ok 'SIGUSR1 writes the store' until_there "$dir/dump"
ok 'the log has the exchanges' holds '"status":400' "$dir/log"
ok '... and no token, but for what tells it from others' sh -c "! grep -q -e '$token' -e 'Bearer [^s]' $dir/log"
ok 'it ends well on SIGTERM' stop
ok 'the store is written at the end' holds '"compute.networks"' "$dir/dump"
ok 'it refuses another address' sh -c "$sim --listen 0.0.0.0; test \$? = 64"
ok 'U24: help names what is outside' sh -c "$sim --help | grep -q 'domain mappings' && $sim --help | grep -q 'Cloud KMS' && $sim --help | grep -q 'Pub/Sub'"
ok 'U24: and nothing that is inside' sh -c "! $sim --help | grep -qE 'Cloud Armor|SSL policies|instance templates|clones|dashboards|suspending|triggers'"
echo "1..$n"
