#!/bin/sh
# The benchmark: `ikescope inspect` beside tshark and tcpdump, on a generated capture.
#
#   benches/run.sh [--packets N] [--repeat K] [--memory]
#
# --packets  of the capture (1,000,000); --repeat: rounds, the median counts (3);
# --memory   also 10 times the packets through a pipe: the memory must not grow with them.
set -eu
cd "$(dirname "$0")/.."

packets=1000000 repeat=3 memory=no
while [ $# -gt 0 ]; do
    case $1 in
        --packets) packets=$2; shift 2 ;;
        --repeat) repeat=$2; shift 2 ;;
        --memory) memory=yes; shift ;;
        *) echo "usage: benches/run.sh [--packets N] [--repeat K] [--memory]" >&2; exit 2 ;;
    esac
done

built=${CARGO_TARGET_DIR:-target}/release
ikescope=${IKESCOPE:-$built/ikescope}
cargo build --quiet --release --locked -p ikescope-benches
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
capture=$scratch/bench.pcap
"$built/generate" --packets "$packets" -o "$capture"

echo "$packets packets, $(du -m "$capture" | cut -f 1) MiB, output to /dev/null, median of $repeat:"
set -- ikescope "$ikescope" inspect "$capture"
for other in tcpdump tshark; do
    if command -v $other >/dev/null 2>&1; then
        set -- "$@" -- $other $other -n -r "$capture"
    else
        echo "($other is not installed: not compared)"
    fi
done
"$built/measure" --repeat "$repeat" -- "$@"

echo
echo "start-up, median of 21:"
"$built/measure" --repeat 21 -- true true -- 'ikescope --version' "$ikescope" --version \
    -- 'ikescope inspect' "$ikescope" inspect testdata/ikev2-cookie/capture.pcap

if [ $memory = yes ]; then
    many=$((packets * 10))
    echo
    echo "memory, $packets and $many packets through a pipe:"
    "$built/measure" --repeat 1 \
        -- "$packets" sh -c "'$built/generate' --packets $packets -o - | '$ikescope' inspect -" \
        -- "$many" sh -c "'$built/generate' --packets $many -o - | '$ikescope' inspect -"
fi
