#!/bin/sh
# Tharsis in the foreground with the committed bench configuration, as its users run it: no Node flags.
#   tharsis.sh DATADIR
set -eu
BENCH=$(cd "$(dirname "$0")/.." && pwd)
exec node "$BENCH/../dist/main.js" start --config "$BENCH/tharsis.yaml" --data "${1:?data dir}"
