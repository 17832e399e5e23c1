#!/bin/sh
# man/ and completions/ are committed and generated: what the program writes now must be what is there.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for kind in man completions; do
    cargo run --quiet --locked -- generate "$kind" "$scratch/$kind"
    diff -ru "$kind" "$scratch/$kind" >&2 || {
        echo "$kind/ is older than its source: run \`make generate\` and commit the result" >&2
        exit 1
    }
done
