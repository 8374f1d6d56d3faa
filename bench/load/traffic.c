/* What sessions send each other. Every sending carries its scheduled time as `T=` and sixteen hexadecimal digits of nanoseconds,
 * so that a delivery tells its latency and late sending counts against the server (no coordinated omission). */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xload.h"

static void send_chat(flow *f, uint64_t t);
static void send_muc(flow *f, uint64_t t);
static void send_presence(flow *f, uint64_t t);

flow chat_flow = {.unit = "message", .send = send_chat, .copies = 1};
flow muc_flow = {.unit = "copy", .send = send_muc};
flow presence_flow = {.unit = "presence", .send = send_presence};
uint64_t stalls;
enum phase phase;
int measuring;
uint64_t contacts_seen, notices;
double last_notice_ms;

static flow *active[2];
static int n_active;
static uint64_t last_delivery, subscriptions_under_way;
static char *filler;

void traffic_init(void)
{
	filler = malloc(opt.body);
	for (int i = 0; i < opt.body - 19; i++) filler[i] = "the quick brown fox jumps over the lazy dog "[i % 44];
	filler[opt.body - 19] = 0;
}

void traffic_add(flow *f) { active[n_active++] = f; }

/* ---- sending */

static void hex16(char *o, uint64_t v)
{
	for (int i = 15; i >= 0; i--) o[i] = "0123456789abcdef"[v & 15], v >>= 4;
	o[16] = 0;
}

/* sessions take turns in a stride that visits all of them and leaves neighbours apart */
static conn *next_sender(flow *f)
{
	for (int tries = 0; tries < ncs; tries++) {
		f->cursor = (f->cursor + 7919) % ncs;
		if (cs[f->cursor].state == S_READY) return &cs[f->cursor];
	}
	die("no session is left to send anything");
}

static void send_chat(flow *f, uint64_t t)
{
	static char b[8192];
	char stamp[17], to[128];
	conn *c = next_sender(f);
	hex16(stamp, t);
	snprintf(to, sizeof to, opt.bare ? "%s@%s" : "%s@%s/%s", user_name(c->idx ^ 1), opt.domain, opt.resource);
	if (opt.mars) {
		char id[24];
		snprintf(id, sizeof id, "m%llx", (unsigned long long)f->sent);
		return mars_chat(c, to, id, b, snprintf(b, sizeof b, "T=%s %s", stamp, filler));
	}
	int n = snprintf(b, sizeof b, "<message to='%s' type='chat' id='m%llx'><body>T=%s %s</body></message>", to, (unsigned long long)f->sent, stamp, filler);
	send_stanza(c, b, n);
}

static void send_muc(flow *f, uint64_t t)
{
	static char b[8192];
	char stamp[17];
	hex16(stamp, t);
	int n = snprintf(b, sizeof b, "<message to='%s@%s' type='groupchat' id='m%llx'><body>T=%s %s</body></message>", opt.room, opt.muc,
	                 (unsigned long long)f->sent, stamp, filler);
	send_stanza(&cs[0], b, n);
}

static void send_presence(flow *f, uint64_t t)
{
	char stamp[17];
	conn *c = next_sender(f);
	hex16(stamp, t);
	c->done ^= 1;
	sendf(c, "<presence><show>%s</show><status>T=%s</status></presence>", c->done ? "away" : "dnd", stamp);
}

static void send_one(flow *f, uint64_t t)
{
	f->sent++, f->outstanding += f->copies;
	f->send(f, t);
}

/* without a rate: keeps the window full */
static void fill_window(flow *f)
{
	if (phase != TRAFFIC || f->rate > 0) return;
	while (f->outstanding + f->copies <= (uint64_t)f->window * f->copies) send_one(f, now_ns());
}

void traffic_for(double seconds)
{
	uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9);
	phase = TRAFFIC;
	last_delivery = start;
	for (int i = 0; i < n_active; i++) {
		fill_window(active[i]);
		if (!active[i]->next) active[i]->next = start;
	}
	for (;;) {
		uint64_t now = now_ns();
		if (now >= end) break;
		next_timer = 0;
		int paced = 0;
		for (int i = 0; i < n_active; i++) {
			flow *f = active[i];
			if (f->rate <= 0) continue;
			paced = 1;
			for (; f->next <= now; f->next += (uint64_t)(1e9 / f->rate)) send_one(f, f->next);
			if (!next_timer || f->next < next_timer) next_timer = f->next;
		}
		poll_once(20);
		if (!paced && now > last_delivery && now - last_delivery > 2000000000ull) {
			stalls++;
			last_delivery = now_ns();
			for (int i = 0; i < n_active; i++) {
				flow *f = active[i];
				fprintf(stderr, "xload: stalled, %llu deliveries given up\n", (unsigned long long)f->outstanding);
				f->forgotten += f->outstanding, f->outstanding = 0;
				fill_window(f);
			}
		}
	}
	next_timer = 0;
}

uint64_t traffic_settle(double max_seconds)
{
	uint64_t t = now_ns(), lost = 0;
	phase = QUIET;
	for (;;) {
		uint64_t waiting = 0;
		for (int i = 0; i < n_active; i++) waiting += active[i]->outstanding;
		if (!waiting || secs_since(t) > max_seconds) break;
		poll_once(20);
	}
	for (int i = 0; i < n_active; i++) lost += active[i]->forgotten + active[i]->outstanding;
	return lost;
}

/* ---- receiving */

static int stamped(char *s, int n, uint64_t *t)
{
	const char *p = find(s, n, "T=");
	if (!p || s + n - p < 18) return 0;
	*t = 0;
	for (int i = 2; i < 18; i++) *t = *t << 4 | (p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	return 1;
}

static void delivered(flow *f, uint64_t t)
{
	uint64_t now = now_ns();
	f->received++;
	last_delivery = now;
	if (f->outstanding) f->outstanding--;
	else f->unexpected++;
	if (measuring && now > t) hist_add(&f->latency, now - t);
	fill_window(f);
}

void complain(const char *what, const char *s, int n)
{
	if (count.error_stanzas++ < 3) fprintf(stderr, "xload: %s: %.*s\n", what, n > 400 ? 400 : n, s);
}

void flow_delivered(flow *f, char *s, int n, int copies)
{
	uint64_t t;
	if (!stamped(s, n, &t)) return;
	while (copies-- > 0) delivered(f, t);
}

void chat_delivered(char *s, int n) { flow_delivered(&chat_flow, s, n, 1); }

static void on_message(char *s, int n)
{
	flow *f = attr_is(s, n, "type", "groupchat") ? &muc_flow : &chat_flow;
	uint64_t t;
	if (attr_is(s, n, "type", "error")) complain("error", s, n);
	else if (stamped(s, n, &t)) delivered(f, t);
	else if (find(s, n, "urn:x-tharsis:notices")) notices++, last_notice_ms = unix_ms();
}

/* RFC 6121 §3.1: everybody approves everybody */
static void on_subscription(conn *c, char *s, int n)
{
	char *from;
	int fn;
	if (attr_is(s, n, "type", "subscribe") && attr(s, n, "from", &from, &fn)) sendf(c, "<presence to='%.*s' type='subscribed'/>", fn, from);
	else if (attr_is(s, n, "type", "subscribed") && subscriptions_under_way) {
		subscriptions_under_way--;
		last_delivery = now_ns();
	}
}

/* a server sends a presence to its sender's own resources too (RFC 6121 §4.4.2): not a delivery to a contact */
static int from_contact(conn *c, char *s, int n)
{
	char *from, me[128];
	int fn, mn = snprintf(me, sizeof me, "%s@", user_name(c->idx));
	return attr(s, n, "from", &from, &fn) && (fn <= mn || memcmp(from, me, mn));
}

static void on_presence(conn *c, char *s, int n)
{
	char *type;
	int tn;
	uint64_t t;
	if (attr_is(s, n, "type", "error")) complain("error", s, n);
	else if (phase == SUBSCRIBING) on_subscription(c, s, n);
	else if (phase == JOINING) on_room_presence(c, s, n);
	else if (phase == RETURNING) contacts_seen += !attr(s, n, "type", &type, &tn) && from_contact(c, s, n);
	else if (stamped(s, n, &t) && from_contact(c, s, n)) delivered(&presence_flow, t);
}

static void on_iq(conn *c, char *s, int n)
{
	char *id, *from;
	int idn, fn;
	if (phase == JOINING && attr_is(s, n, "id", "cfg")) on_room_answer(s, n);
	if (!attr_is(s, n, "type", "get") || !attr(s, n, "id", &id, &idn)) return;
	/* pings, answered so that the server finds us alive */
	if (attr(s, n, "from", &from, &fn)) sendf(c, "<iq type='result' id='%.*s' to='%.*s'/>", idn, id, fn, from);
	else sendf(c, "<iq type='result' id='%.*s'/>", idn, id);
}

void on_stanza(conn *c, char *s, int n)
{
	if (c->state == S_CLOSING) return;
	if (s[1] == 'm') on_message(s, n);
	else if (s[1] == 'p') on_presence(c, s, n);
	else if (s[1] == 'i') on_iq(c, s, n);
	else if (s[1] == 'r') sendf(c, "<a xmlns='urn:xmpp:sm:3' h='%u'/>", c->handled);
	else if (find(s, n, "stream:error")) complain("stream error", s, n);
}

/* ---- rosters */

int incomplete_rosters(void)
{
	int missing = 0;
	for (int i = 0; i < ncs; i++) missing += cs[i].contacts < opt.contacts;
	return missing;
}

void subscribe_groups(void)
{
	int size = opt.contacts + 1;
	phase = SUBSCRIBING;
	last_delivery = now_ns();
	for (int i = 0; i < ncs; i++) {
		for (int j = i - i % size; j < i - i % size + size; j++) {
			if (j == i) continue;
			subscriptions_under_way++;
			sendf(&cs[i], "<presence to='%s@%s' type='subscribe'/>", user_name(j), opt.domain);
			while (subscriptions_under_way > 100 && secs_since(last_delivery) < 10) poll_once(20);
		}
	}
	while (subscriptions_under_way && secs_since(last_delivery) < 10) poll_once(20);
	quiet_for(1, 30);
	phase = QUIET;
	if (subscriptions_under_way) die("%llu subscriptions were not answered", (unsigned long long)subscriptions_under_way);
}

uint64_t quiet_for(double seconds, double max_seconds)
{
	uint64_t t = now_ns(), last = count.stanzas_in, since = t;
	while (secs_since(since) < seconds && secs_since(t) < max_seconds) {
		poll_once(20);
		if (count.stanzas_in != last) last = count.stanzas_in, since = now_ns();
	}
	return since;
}
