# Shared by the scripts: installs what is missing, starts and stops servers. To be sourced.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
work=$(mktemp -d "${TMPDIR:-/tmp}/one-api-XXXXXX")
started=()

say() { printf '\n== %s\n' "$*"; }

# Ends everything that this script has started, however the script ends.
clean_up() {
    local status=$?
    for pid in "${started[@]:-}"; do
        [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]:-}"; do
        [ -n "$pid" ] && wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# install PACKAGE…: installs those Debian packages that are missing.
install() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build_packages="libcurl4-openssl-dev libsqlite3-dev libssl-dev libsimdjson-dev zlib1g-dev libcrypt-dev pkg-config"

need_swift() {
    [ -d /opt/swift/usr/bin ] && PATH="$PATH:/opt/swift/usr/bin"
    command -v swift >/dev/null || { echo "Swift 6.2 or later is needed: https://www.swift.org/install/linux/" >&2; exit 2; }
}

# need_venv [KIND]: sets `python` to one that has the packages of Scripts/conformance/requirements[-KIND].txt. It is
# kept between runs.
need_venv() {
    install python3 python3-venv
    local folder=$root/.venv${1:+-$1} wanted=Scripts/conformance/requirements${1:+-$1}.txt
    python=$folder/bin/python
    if [ ! -x "$python" ] || ! cmp -s "$wanted" "$folder/requirements.txt"; then
        say "installing the official SDKs of $wanted"
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
        cp "$wanted" "$folder/requirements.txt"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for URL: waits until something answers there, for ten seconds at most.
wait_for() {
    for _ in $(seq 100); do
        curl -s -o /dev/null "$1" && return
        sleep 0.1
    done
    echo "nothing answers at $1" >&2
    return 1
}

# run_tests: runs the whole Swift suite and sets $count to the number of tests. If it does not end in time, the tests
# that began and did not end are named.
run_tests() {
    no_proxy="*" timeout --kill-after=10 1500 swift test --skip-build >"$work/tests.log" 2>&1 || {
        grep -aE '✘|error:|Fatal' "$work/tests.log" || true
        python3 Scripts/lib/unfinished.py "$work/tests.log"
        tail -n 5 "$work/tests.log"
        exit 1
    }
    count=$(grep -aoE 'Test run with [0-9]+ tests' "$work/tests.log" | grep -oE '[0-9]+' | tail -n 1)
    [ "${count:-0}" -gt 0 ] || { echo "no test ran"; exit 1; }
    grep -a 'Test run with' "$work/tests.log"
}
