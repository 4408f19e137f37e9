#!/usr/bin/env bash
# Runs every check and test of Rapporteur, and installs what they need on a Debian machine as root.
# Usage: ./test.sh            all of it
#        ./test.sh --quick    tests only, without the race detector and the cross builds
set -euo pipefail
cd "$(dirname "$0")"
quick=${1:-}

say() { printf '\n== %s\n' "$*"; }

need() { # command, Debian package
  command -v "$1" >/dev/null 2>&1 && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing $2"
    apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
  fi
  command -v "$1" >/dev/null 2>&1 || echo "missing: $1 (Debian package $2); tests that need it are skipped, or fail in CI"
}

command -v go >/dev/null 2>&1 || { echo "Go 1.26 or later is needed: https://go.dev/doc/install"; exit 1; }
need chromium chromium
need pdftotext poppler-utils
need gcc gcc

if [ "$quick" = --quick ]; then
  exec go test ./...
fi

say "format, vet, staticcheck"
unformatted=$(gofmt -l $(git ls-files '*.go'))
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet ./...
go tool staticcheck ./...

say "govulncheck"
if ! out=$(timeout 300 go tool govulncheck ./... 2>&1); then
  if grep -q 'Vulnerability #' <<<"$out"; then echo "$out"; exit 1; fi
  echo "not run: the vulnerability database does not answer"
else
  tail -n 3 <<<"$out"
fi

say "builds without cgo"
for target in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -o /dev/null ./cmd/rapporteur
  echo "built for $target"
done

say "tests, with the race detector"
CGO_ENABLED=1 go test -race -timeout 40m ./...
