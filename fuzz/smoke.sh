#!/bin/sh
# Builds the fuzz targets with plain cargo and runs each for a moment, beginning with the captures of testdata/.
# To look for more: `cargo fuzz run --sanitizer none TARGET` on stable Rust, or any other way of cargo-fuzz.
#
#   fuzz/smoke.sh [SECONDS EACH]
set -eu
cd "$(dirname "$0")"
seconds=${1:-10}

# What cargo-fuzz gives the compiler too: counters on every edge, for libFuzzer to see new paths.
export RUSTFLAGS="${RUSTFLAGS:-} -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 --cfg fuzzing"
target_dir=${CARGO_TARGET_DIR:-target}/fuzz-smoke
host=$(rustc -vV | sed -n 's/^host: //p')
# With --target the flags stay away from build scripts, which have no counters to report to.
CARGO_TARGET_DIR=$target_dir cargo build --quiet --release --locked --target "$host"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p artifacts "$scratch/file" "$scratch/other"
find ../testdata -name '*.pcap*' -size -32k | while read -r capture; do
    cp "$capture" "$scratch/file/$(echo "$capture" | tr / _)"
done
for target in message stack file; do
    seeds=$scratch/other
    [ $target != file ] || seeds=$scratch/file
    mkdir "$scratch/new"
    echo "fuzzing $target for $seconds s"
    "$target_dir/$host/release/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=0 \
        -artifact_prefix="$PWD/artifacts/" "$scratch/new" "$seeds" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        exit 1
    }
    rm -r "$scratch/new"
done
