#!/usr/bin/env bash
# Short texts checked over HTTP: requests a second and latencies, with wrk on
# the same machine, whose processor time it takes a part of.
#
#   eval/load.sh [SECONDS [CONNECTIONS]] > load.txt
#
# Needs wrk, the demonstration graph (make store; STORE=DIR for another place)
# and the small model (make small-model), which is loaded but not used.
# Every text is checked afresh: there is no cache of answers.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-30}
connections=${2:-64}
target=${CARGO_TARGET_DIR:-target}
program=${TOUCHSTONE:-$target/release/touchstone}
store=${STORE:-$target/demo-store}
command -v wrk > /dev/null || { echo "wrk is missing: install it (apt-get install wrk)" >&2; exit 2; }

scratch=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$scratch"' EXIT
"$program" serve --bind 127.0.0.1:0 --store "$store" --model "${MODEL:-smollm2-135m}" --sessions 1 2> "$scratch/log" &
server=$!
for _ in $(seq 600); do
    url=$(sed -n 's/^listening on //p' "$scratch/log")
    [ -n "$url" ] && curl -fsS "$url/readyz" > /dev/null 2>&1 && break
    kill -0 "$server" 2> /dev/null || { cat "$scratch/log" >&2; exit 2; }
    sleep 0.1
done
curl -fsS "${url:-}/readyz" > /dev/null || { cat "$scratch/log" >&2; exit 2; }

cat > "$scratch/texts.lua" <<'LUA'
local texts = {
  "Quito is the capital of Ecuador.", "Gold has atomic number 78.", "Paris is the capital of Germany.",
  "The currency of Japan is the yen.", "2 + 2 = 5.", "北京是中国的首都。", "Oxygen was discovered by Carl Wilhelm Scheele.",
  "Brazil borders Peru.", "The population of France is 67 million.", "东京是日本的首都。",
}
local n, requests = 0, {}
wrk.method, wrk.headers["content-type"] = "POST", "application/json"
-- Written once, so that wrk takes as little of the cores as it can.
init = function()
  for i, text in ipairs(texts) do requests[i] = wrk.format(nil, nil, nil, '{"text":"' .. text .. '"}') end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
done = function(summary, latency)
  local errors = summary.errors
  print(string.format("requests/s %.0f", summary.requests / summary.duration * 1e6))
  for _, p in ipairs({50, 90, 99, 99.9}) do print(string.format("p%g %.2f ms", p, latency:percentile(p) / 1000)) end
  print(string.format("errors: connect %d, read %d, write %d, timeout %d, status %d", errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
LUA
echo "# load before: $(cut -d" " -f1 /proc/loadavg)"
echo "# $(nproc) cores shared with wrk, $connections connections, $seconds s"
echo "# $(sed -n 's/^model .*; //p' "$scratch/log")"
# The processor's own time, in seconds: it does not depend on what else runs.
spent() { awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) / hz}' "/proc/$server/stat"; }
done_so_far() { curl -fsS "$url/metrics" | sed -n 's|^touchstone_requests_total{route="/v1/check".*"200"} ||p'; }
wrk -t1 -c"$connections" -d2s -s "$scratch/texts.lua" "$url/v1/check" > /dev/null
# What the end of one run breaks off would fill the queue of the next.
sleep 1
before=$(spent) requests=$(done_so_far)
wrk -t1 -c"$connections" -d"${seconds}s" -s "$scratch/texts.lua" "$url/v1/check" | grep -E '^(requests/s|p[0-9]|errors)'
awk -v a="$before" -v b="$(spent)" -v c="$requests" -v d="$(done_so_far)" -v cores="$(nproc)" 'BEGIN {
  each = (b - a) / (d - c)
  printf "processor time of the server: %.0f µs a request, at most %.0f requests/s on %d cores of its own\n", each * 1e6, cores / each, cores }'
echo "memory of the server: $(awk '/VmRSS/{print int($2/1024)}' "/proc/$server/status") MiB"
