#!/bin/sh
# Tharsis in the foreground with the committed bench configuration, as its users run it: no Node flags.
#   tharsis.sh DATADIR
# environment: ARCHIVE=1   module mam; CONFIG=FILE   instead of tharsis.yaml
set -eu
BENCH=$(cd "$(dirname "$0")/.." && pwd)
D=${1:?data dir}
CONFIG=${CONFIG:-tharsis.yaml}
mkdir -p "$D"
if [ -n "${ARCHIVE:-}" ]; then sed 's/^    modules:/&\n      mam: {}/' "$BENCH/$CONFIG"; else cat "$BENCH/$CONFIG"; fi > "$D/bench.yaml"
exec node "$BENCH/../dist/main.js" start --config "$D/bench.yaml" --data "$D"
