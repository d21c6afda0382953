#!/usr/bin/env bash
# Three hosts of one ring on this machine, each a process: records are written and read through different gateways, one host is killed,
# and the others go on. Everything is on loopback and in a temporary directory, and is gone at the end.
#
#   examples/multi-host/three-hosts.sh              needs: npm run build
#   RONDO="npx rondo" examples/multi-host/three-hosts.sh
set -euo pipefail
rondo=${RONDO:-node "$(dirname "$0")/../../dist/runner/cli/main.js"}
work=$(mktemp -d)
pids=()

finish() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# A field of the line that a host writes when all its nodes are members.
field() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$work/$1.out"; }

start() { # NAME FLAG...
  local name=$1
  shift
  $rondo up --json -n 3 --listen 127.0.0.1:0 --resp 127.0.0.1:0 --http none \
    --tls-ca "$work/ca.crt" --tls-cert "$work/127.0.0.1.crt" --tls-key "$work/127.0.0.1.key" "$@" \
    >"$work/$name.out" 2>"$work/$name.err" &
  pids+=($!)
  until [ -s "$work/$name.out" ]; do
    kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/$name.err" >&2; exit 1; }
    sleep 0.1
  done
  echo "$name is up: hosts at $(field "$name" listen), clients at $(field "$name" resp)"
}

on() { # NAME COMMAND...: a command at the gateway of a host
  local name=$1
  shift
  $rondo "$@" --connect "$(field "$name" resp)"
}

$rondo certs ca --out "$work" >"$work/certs.log"
$rondo certs host 127.0.0.1 --ca "$work" >>"$work/certs.log"

start one -k 3
start two --join "$(field one listen)"
start three --join "$(field one listen),$(field two listen)"

on one put "Like a Rolling Stone" 1965 >"$work/put.log"
echo "written at one, read at three: $(on three get 'Like a Rolling Stone')"

{ kill -KILL "${pids[2]}"; wait "${pids[2]}" || true; } 2>/dev/null
echo "three was killed"
# A partition that three led is silent until the others miss it (5 s) and have changed its view.
until read -r year < <(on two get "Like a Rolling Stone" 2>>"$work/get.log"); do sleep 0.5; done
echo "read at two: $year"
until on one put "Blowin' in the Wind" 1963 >"$work/put.log" 2>&1; do sleep 0.5; done
echo "written at one, read at two: $(on two get "Blowin' in the Wind")"

until [ "$(on one overlay | grep -c unreachable)" = 3 ]; do sleep 0.5; done

# An orderly end: a host hands over what it holds, as far as others are there. It waits for as long as a partition of it waits for the dead:
# a second signal ends it at once.
for index in 1 0; do
  kill -TERM "${pids[index]}"
  for _ in {1..30}; do
    kill -0 "${pids[index]}" 2>/dev/null || break
    sleep 0.5
  done
  kill -TERM "${pids[index]}" 2>/dev/null || true
  wait "${pids[index]}" || [ $? -eq 143 ]
done
echo "all hosts have ended"
