#!/bin/sh
# Tharsis in the foreground with the committed bench configuration, as `npm start` runs it.
#   tharsis.sh DATADIR
# environment: ARCHIVE=1   module mam; CONFIG=FILE   instead of tharsis.yaml;  IMPORT=FILE   module loaded before it
set -eu
BENCH=$(cd "$(dirname "$0")/.." && pwd)
D=${1:?data dir}
CONFIG=${CONFIG:-tharsis.yaml}
mkdir -p "$D"
if [ -n "${ARCHIVE:-}" ]; then sed 's/^    modules:/&\n      mam: {}/' "$BENCH/$CONFIG"; else cat "$BENCH/$CONFIG"; fi > "$D/bench.yaml"
exec node --max-semi-space-size=32 ${IMPORT:+--import "$IMPORT"} "$BENCH/../dist/main.js" start --config "$D/bench.yaml" --data "$D"
