/* Game servers that stand in for their users (docs/routers.md): --sessions users behind --links connections, each with --contacts
 * contacts. All log in, then some change their presence. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mars.h"

static int per_link, *started, logging_in;
static uint64_t online, frames, copies;

static conn *link_of(int user) { return &cs[user / per_link]; }

/* Contacts are mutual, and all around: behind one's own link and behind others. */
static int contact(int user, int n)
{
	int distance = (n / 2 + 1) * (opt.sessions / (opt.contacts + 1));
	return (user + (n & 1 ? distance : opt.sessions - distance)) % opt.sessions;
}

/* ---- what users say */

static void log_in(int user)
{
	static char f[65536], login[60000], presence[64];
	char uid[32], jid[128], item[160];
	snprintf(uid, sizeof uid, opt.user, user);
	char *p = text_field(login, 1, opt.resource);
	for (int i = 0; i < opt.contacts; i++) {
		char name[64];
		snprintf(name, sizeof name, opt.user, contact(user, i));
		snprintf(jid, sizeof jid, "%s@%s", name, opt.domain);
		p = bytes_field(p, 2, item, text_field(item, 1, jid) - item);
	}
	p = bytes_field(p, 3, presence, text_field(presence, 2, "in the lobby") - presence);
	send_frame(link_of(user), ROUTER_LOGIN, f, bytes_field(text_field(f + HEADER, F_UID, uid), F_ROUTER_LOGIN, login, p - login));
}

static void log_in_next(conn *c)
{
	if (started[c->idx] < per_link) log_in(c->idx * per_link + started[c->idx]++);
}

static void change_presence(flow *f, uint64_t t)
{
	char b[256], uid[32], presence[64], status[32];
	f->cursor = (f->cursor + 7919) % opt.sessions;
	snprintf(uid, sizeof uid, opt.user, f->cursor);
	snprintf(status, sizeof status, "T=%016llx", (unsigned long long)t);
	char *p = text_field(presence, 2, status);
	char *e = number_field(text_field(b + HEADER, F_UID, uid), F_NO_REPLY, 1);
	send_frame(link_of(f->cursor), PRESENCE, b, bytes_field(e, F_PRESENCE, presence, p - presence));
}

static flow presence = {.unit = "presence", .send = change_presence};

/* 1104: all that was sent before has come, in this order */
static void acknowledge(conn *c, const char *b, int n)
{
	char f[128], *p = f + HEADER;
	const char *e = b + n, *v;
	unsigned number;
	uint64_t value, sent = 0;
	while (next_field(&b, e, &number, &value, &v)) {
		if (number == F_SM_SEQ) sent = value;
		else if (number == F_UID && value < 64) p = bytes_field(p, F_UID, v, value);
	}
	p = number_field(number_field(p, F_NO_REPLY, 1), F_SM_ACK, sent);
	send_frame(c, ACK, f, p);
}

/* ---- what they hear */

/* a change of somebody's presence; not of one's own, which comes too */
static int is_from(const char *b, int n, const char *uid, int un)
{
	const char *from;
	int fn;
	return field(b, n, F_FROM, &from, &fn) && fn > un && !memcmp(from, uid, un) && from[un] == '@';
}

static void stanza(const char *b, int n)
{
	const char *uid;
	int un;
	if (!field(b, n, F_UID, &uid, &un) || is_from(b, n, uid, un)) return;
	copies++;
	flow_delivered(&presence, (char *)b, n, 1);
}

static void batch(const char *b, int n)
{
	const char *bodies, *v;
	unsigned number;
	uint64_t vn;
	int bn;
	if (!field(b, n, F_BATCH, &bodies, &bn)) return;
	for (const char *e = bodies + bn; next_field(&bodies, e, &number, &vn, &v);) stanza(v, vn);
}

static void multi_push(const char *b, int n)
{
	const char *push, *body, *v;
	unsigned number;
	uint64_t vn;
	int pn, bn, others = 0;
	if (!field(b, n, F_MULTI_PUSH, &push, &pn) || !field(push, pn, 2, &body, &bn)) return;
	for (const char *p = push; next_field(&p, push + pn, &number, &vn, &v);) others += number == 1 && !is_from(body, bn, v, vn);
	copies += others;
	flow_delivered(&presence, (char *)body, bn, others);
}

void router_frame(conn *c, enum command cmdid, uint32_t seq, const char *b, int n)
{
	if (!seq) frames++;
	switch (cmdid) {
	case ROUTER_LOGIN:
		online++;
		if (logging_in) log_in_next(c);
		return;
	case ACK_REQUEST:
		return acknowledge(c, b, n);
	case STANZA:
		return stanza(b, n);
	case BATCH:
		return batch(b, n);
	case MULTI_PUSH:
		return multi_push(b, n);
	default:
		return;
	}
}

/* ---- the mode */

int routed(void)
{
	bring_up(ncs);
	per_link = opt.sessions / ncs;
	if (opt.sessions % ncs || opt.contacts % 2) die("users have to fill the links, and contacts come in pairs");
	started = calloc(ncs, sizeof *started);
	traffic_init();
	snap a = take_snap();
	logging_in = 1;
	for (int i = 0; i < opt.conc; i++)
		for (int l = 0; l < ncs; l++) log_in_next(&cs[l]);
	uint64_t t = now_ns();
	while (online < (uint64_t)opt.sessions) {
		poll_once(20);
		if (secs_since(t) > opt.timeout || count.error_stanzas || count.ready < ncs) die("%llu of %d users are online", (unsigned long long)online, opt.sessions);
	}
	snap b = take_snap();
	logging_in = 0;
	uint64_t told = copies;
	run_for(opt.settle);
	snap c = take_snap();
	presence.copies = opt.contacts, presence.window = opt.window, presence.rate = opt.rate;
	traffic_add(&presence);
	traffic_for(opt.warm);
	uint64_t received = presence.received, pushed = frames;
	snap d = take_snap();
	measuring = 1;
	traffic_for(opt.duration);
	measuring = 0;
	snap e = take_snap();
	double n = presence.received - received, wall = (e.t - d.t) / 1e9, users = opt.sessions;
	print_head();
	printf(",\"links\":%d,\"contacts\":%d,\"login_s\":%.2f,\"login_us\":%.2f,\"told_at_login\":%llu,\"bytes_per_user\":%.0f,\"unit\":\"presence\","
	       "\"delivered\":%.0f,\"frames\":%llu,\"per_s\":%.0f,\"srv_us_per_unit\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,",
	       ncs, opt.contacts, (b.t - a.t) / 1e9, srv_cpu_s(&a, &b) * 1e6 / users, (unsigned long long)told, (c.srv.rss_kb - a.srv.rss_kb) * 1024.0 / users, n,
	       (unsigned long long)(frames - pushed), n / wall, n ? srv_cpu_s(&d, &e) * 1e6 / n : 0, hist_ms(&presence.latency, .5), hist_ms(&presence.latency, .99));
	print_window(&d, &e);
	int status = print_tail(n ? traffic_settle(15) : 1, presence.unexpected);
	close_all();
	return status;
}
