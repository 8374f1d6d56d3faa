#!/bin/sh
# Tharsis in the foreground with the committed bench configuration, as `npm start` runs it.
#   tharsis.sh DATADIR
# environment: ARCHIVE=1   module mam; ROOMS=1   module muc, as the peers have it: without an archive; CONFIG=FILE   instead of tharsis.yaml;
#   SCENES=1   module scene, which tells movements to all in sight; IMPORT=FILE   module loaded before it
set -eu
BENCH=$(cd "$(dirname "$0")/.." && pwd)
D=${1:?data dir}
CONFIG=${CONFIG:-tharsis.yaml}
mkdir -p "$D"
MODULES='&'
[ -n "${ARCHIVE:-}" ] && MODULES="$MODULES\n      mam: {}"
[ -n "${SCENES:-}" ] && MODULES="$MODULES\n      scene: {}"
[ -n "${ROOMS:-}" ] && MODULES="$MODULES\n      muc: { archive: false, messages_per_second: 0, max_occupants: 20000 }"
sed "s/^    modules:/$MODULES/" "$BENCH/$CONFIG" > "$D/bench.yaml"
exec node --max-semi-space-size=32 ${IMPORT:+--import "$IMPORT"} "$BENCH/../dist/main.js" start --config "$D/bench.yaml" --data "$D"
