#!/bin/sh
# Prosody in the foreground on loopback, as a peer of the benchmark.
#   prosody.sh DATADIR
# environment: PORT HTTP_PORT (WebSocket)
#   GC=generational   Lua's generational collector instead of the incremental one
#   TLS=1             STARTTLS offered, self-signed certificate       WS=1   mod_websocket
#   ARCHIVE=1         mod_mam with SQLite, which needs lua-dbi-sqlite3
#   ROOMS=1           mod_muc at conference.localhost
# Accounts: prosody-accounts.mjs writes them straight into DATADIR/data.
set -eu
D=${1:?data dir}
mkdir -p "$D/data" "$D/certs"
D=$(cd "$D" && pwd)
if [ -n "${TLS:-}" ] && [ ! -f "$D/certs/localhost.crt" ]; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost \
		-keyout "$D/certs/localhost.key" -out "$D/certs/localhost.crt" 2>/dev/null
fi
M='"saslauth"; "roster"; "presence"; "message"; "iq"; "disco"; "ping"; "posix"; "c2s"'
[ -n "${TLS:-}" ] && M="$M; \"tls\""
[ -n "${WS:-}" ] && M="$M; \"websocket\""
[ -n "${ARCHIVE:-}" ] && M="$M; \"mam\""
cat > "$D/prosody.cfg.lua" <<CFG
run_as_root = true
daemonize = false
pidfile = "$D/prosody.pid"
data_path = "$D/data"
certificates = "$D/certs"
network_backend = "epoll"
$( [ -n "${GC:-}" ] && echo "gc = { mode = \"$GC\" }" )
modules_enabled = { $M }
modules_disabled = { "s2s"; "offline" }
authentication = "internal_hashed"
storage = { archive = "sql"; default = "internal" }
sql = { driver = "SQLite3", database = "$D/data/prosody.sqlite" }
default_archive_policy = true
c2s_require_encryption = false
interfaces = { "127.0.0.1" }
c2s_ports = { $PORT }
c2s_direct_tls_ports = {}
s2s_ports = {}
http_ports = { $HTTP_PORT }
http_interfaces = { "127.0.0.1" }
https_ports = {}
http_default_host = "localhost"
consider_websocket_secure = true
log = { warn = "*console" }
VirtualHost "localhost"
$( [ -n "${TLS:-}" ] && echo "ssl = { key = \"$D/certs/localhost.key\"; certificate = \"$D/certs/localhost.crt\" }" )
$( [ -n "${ROOMS:-}" ] && printf 'Component "conference.localhost" "muc"\nmuc_room_default_history_length = 20' )
CFG
exec prosody --config "$D/prosody.cfg.lua" -F
