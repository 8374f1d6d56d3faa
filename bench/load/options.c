/* The command line: xload MODE [--option value]... */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include "xload.h"

options opt = {
    .host = "127.0.0.1", .domain = "localhost", .user = "u%d", .pass = "benchpass", .mech = "SCRAM-SHA-1",
    .ws_path = "/xmpp-websocket", .room = "bench", .label = "", .resource = "r", .back = "scram",
    .port = 5222, .sessions = 2000, .window = 500, .body = 100, .conc = 50, .srcs = 16, .contacts = 50,
    .warm = 3, .duration = 10, .settle = 2, .interval = 10, .timeout = 300,
};

enum type { FLAG, TEXT, INT, NUMBER };
static const struct {
	const char *name;
	enum type type;
	void *value;
} table[] = {
    {"starttls", FLAG, &opt.starttls},
    {"directtls", FLAG, &opt.directtls},
    {"ws", FLAG, &opt.ws},
    {"mars", FLAG, &opt.mars},
    {"no-reply", FLAG, &opt.no_reply},
    {"bare", FLAG, &opt.bare},
    {"hide", FLAG, &opt.hide},
    {"host", TEXT, &opt.host},
    {"domain", TEXT, &opt.domain},
    {"muc", TEXT, &opt.muc},
    {"user", TEXT, &opt.user},
    {"pass", TEXT, &opt.pass},
    {"mech", TEXT, &opt.mech},
    {"keys", TEXT, &opt.keys},
    {"back", TEXT, &opt.back},
    {"ws-path", TEXT, &opt.ws_path},
    {"room", TEXT, &opt.room},
    {"label", TEXT, &opt.label},
    {"resource", TEXT, &opt.resource},
    {"port", INT, &opt.port},
    {"pid", INT, &opt.pid},
    {"sessions", INT, &opt.sessions},
    {"offset", INT, &opt.offset},
    {"conc", INT, &opt.conc},
    {"links", INT, &opt.links},
    {"srcs", INT, &opt.srcs},
    {"window", INT, &opt.window},
    {"body", INT, &opt.body},
    {"contacts", INT, &opt.contacts},
    {"rate", NUMBER, &opt.rate},
    {"presence-rate", NUMBER, &opt.presence_rate},
    {"warm", NUMBER, &opt.warm},
    {"duration", NUMBER, &opt.duration},
    {"settle", NUMBER, &opt.settle},
    {"interval", NUMBER, &opt.interval},
    {"timeout", NUMBER, &opt.timeout},
};
#define N_OPTIONS ((int)(sizeof table / sizeof *table))

static int option_named(const char *arg)
{
	for (int i = 0; !strncmp(arg, "--", 2) && i < N_OPTIONS; i++)
		if (!strcmp(table[i].name, arg + 2)) return i;
	die("unknown option %s", arg);
}

void parse_options(int argc, char **argv)
{
	if (argc < 2) die("usage: xload MODE [--option value]...; modes: register rosters chat idle login muc enter burst presence mixed storm scene routed");
	opt.mode = argv[1];
	for (int i = 2; i < argc; i++) {
		int o = option_named(argv[i]);
		if (table[o].type == FLAG) {
			*(int *)table[o].value = 1;
			continue;
		}
		if (++i == argc) die("%s needs a value", argv[i - 1]);
		if (table[o].type == TEXT) *(const char **)table[o].value = argv[i];
		else if (table[o].type == INT) *(int *)table[o].value = atoi(argv[i]);
		else *(double *)table[o].value = atof(argv[i]);
	}
	if (!opt.muc) {
		static char muc[256];
		snprintf(muc, sizeof muc, "conference.%s", opt.domain);
		opt.muc = muc;
	}
	if (opt.body < 20) opt.body = 20; /* room for the time stamp */
}

const char *transport_name(void) { return opt.mars ? "mars" : opt.ws ? "ws" : opt.starttls || opt.directtls ? "tls" : "tcp"; }
