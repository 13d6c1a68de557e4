#!/usr/bin/env bash
# Generates Sources/CProtobuf from the definitions here; with --check, only says whether the
# committed code is current (exit status 1 if not).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target=../Sources/CProtobuf

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
definitions=(weft/v1/*.proto)
protoc-c --c_out="$scratch" --proto_path=. "${definitions[@]}"

stale=0
for definition in "${definitions[@]}"; do
    base=${definition%.proto}
    for pair in "$base.pb-c.c:$target/$base.pb-c.c" "$base.pb-c.h:$target/include/$base.pb-c.h"; do
        made=$scratch/${pair%%:*}
        committed=${pair#*:}
        cmp -s "$made" "$committed" && continue
        if [ "${1:-}" = --check ]; then
            printf 'generate: %s is not what %s gives; run Proto/generate.sh\n' \
                "${committed#../}" "Proto/$definition" >&2
            stale=1
        else
            mkdir -p "$(dirname "$committed")"
            cp "$made" "$committed"
        fi
    done
done
exit "$stale"
