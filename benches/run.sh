#!/bin/sh
# The benchmark: `ikescope inspect` and `ikescope diagnose` beside tshark and tcpdump, on a generated capture; `ikescope
# decrypt` beside tshark and beside a loop that does nothing but open the packets.
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

if "$ikescope" diagnose --help >/dev/null 2>&1; then
    echo
    echo "diagnose, the same packets, output to /dev/null, median of $repeat:"
    set -- 'ikescope json' "$ikescope" diagnose --format json "$capture" -- 'ikescope text' "$ikescope" diagnose "$capture"
    if command -v tcpdump >/dev/null 2>&1; then
        set -- "$@" -- 'tcpdump udp 500' tcpdump -r "$capture" -w /dev/null 'udp port 500'
    fi
    if command -v tshark >/dev/null 2>&1; then
        set -- "$@" -- 'tshark conv,udp' tshark -n -q -z conv,udp -r "$capture"
    fi
    "$built/measure" --repeat "$repeat" -- "$@"
fi

echo
echo "start-up, median of 21:"
"$built/measure" --repeat 21 -- true true -- 'ikescope --version' "$ikescope" --version \
    -- 'ikescope inspect' "$ikescope" inspect testdata/plaintext/ikev2-cookie/capture.pcap

if "$ikescope" decrypt --help >/dev/null 2>&1; then
    for suite in cbc-sha1 gcm; do
        for size in 600 1400; do
            "$built/esp" generate --packets "$packets" --size $size --suite $suite -o "$capture" --keys "$scratch/esp_sa"
            echo
            echo "decrypt, $packets packets of $size octets, $suite, ICV checked, output to /dev/null, median of $repeat:"
            set -- loop "$built/esp" loop --suite $suite "$capture" \
                -- ikescope "$ikescope" decrypt "$capture" --secrets "$scratch/esp_sa" -w /dev/null --force
            if command -v tshark >/dev/null 2>&1; then
                set -- "$@" -- tshark env "WIRESHARK_CONFIG_DIR=$scratch" tshark -n -r "$capture" \
                    -o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE
            fi
            "$built/measure" --repeat "$repeat" -- "$@"
        done
    done
fi

if [ $memory = yes ]; then
    many=$((packets * 10))
    echo
    echo "memory, $packets and $many packets through a pipe:"
    "$built/measure" --repeat 1 \
        -- "$packets" sh -c "'$built/generate' --packets $packets -o - | '$ikescope' inspect -" \
        -- "$many" sh -c "'$built/generate' --packets $many -o - | '$ikescope' inspect -"
fi
