#!/bin/sh
# ejabberd in the foreground on loopback, as a peer of the benchmark.
#   ejabberd.sh DATADIR
# environment: PORT HTTP_PORT (WebSocket at /ws)
#   TLS=1   STARTTLS offered, self-signed certificate       WS=1   ejabberd_http_ws       ARCHIVE=1   mod_mam with SQLite
#   ROOMS=1   mod_muc at conference.localhost, without limits
# Accounts: in-band registration is open without limits; passwords are kept as SCRAM-SHA-1 keys of 4096 iterations.
set -eu
D=${1:?data dir}
mkdir -p "$D/mnesia" "$D/certs"
D=$(cd "$D" && pwd)
if [ -n "${TLS:-}" ] && [ ! -f "$D/certs/all.pem" ]; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$D/certs/k.pem" -out "$D/certs/c.pem" 2>/dev/null
	cat "$D/certs/k.pem" "$D/certs/c.pem" > "$D/certs/all.pem"
fi
cat > "$D/ejabberd.yml" <<CFG
loglevel: error
hosts: ["localhost"]
$( [ -n "${TLS:-}" ] && echo "certfiles: [\"$D/certs/all.pem\"]" )
auth_password_format: scram
registration_timeout: infinity
$( [ -n "${ARCHIVE:-}" ] && printf 'sql_type: sqlite\nsql_database: "%s/ejabberd.sqlite"' "$D" )
acl:
  local:
    user_regexp: ""
access_rules:
  local: {allow: local}
  everyone: {allow: all}
shaper_rules:
  max_user_sessions: 10
listen:
  - port: $PORT
    ip: "127.0.0.1"
    module: ejabberd_c2s
    access: all
    shaper: none
    backlog: 1024
    max_stanza_size: 262144
$( [ -n "${TLS:-}" ] && echo '    starttls: true' )
$( [ -n "${WS:-}" ] && cat <<W
  - port: $HTTP_PORT
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 1024
    request_handlers:
      /ws: ejabberd_http_ws
W
)
modules:
  mod_roster: {}
  mod_disco: {}
$( [ -n "${ARCHIVE:-}" ] && echo '  mod_mam: {db_type: sql, default: always}' )
$( [ -n "${ROOMS:-}" ] && cat <<R
  mod_muc:
    access: everyone
    access_create: everyone
    max_users: 20000
    max_user_conferences: 100
    min_message_interval: 0
    min_presence_interval: 0
    default_room_options: {max_users: 20000}
    history_size: 20
    room_shaper: none
R
)
  mod_ping: {}
  mod_register: {access: everyone, access_from: everyone, welcome_message: {subject: "", body: ""}}
CFG
export EJABBERD_CONFIG_PATH="$D/ejabberd.yml" EJABBERD_LOG_PATH="$D/ejabberd.log" HOME="$D" SPOOL_DIR="$D/mnesia"
export ERL_LIBS="${ERL_LIBS:-/usr/lib/x86_64-linux-gnu}" ERL_MAX_PORTS=32000 ERL_MAX_ETS_TABLES=1400 ERL_CRASH_DUMP=/dev/null ERL_CRASH_DUMP_BYTES=0
# the flags of Debian's ejabberdctl; no distribution, so no epmd
cd "$D" && exec erl +K true +P 250000 -noinput -mnesia dir "\"$D/mnesia\"" -ejabberd log_path "\"$D/ejabberd.log\"" -s ejabberd
