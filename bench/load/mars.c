/* Game clients: frames of the Mars protocol with bodies of proto/tharsis.proto, as much of it as the modes need (docs/games.md). */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mars.h"

enum { VERSION = 200 };

/* ---- writing; every buffer is large enough by far for what is written here */

static char *varint(char *p, uint32_t v)
{
	for (; v > 127; v >>= 7) *p++ = v | 128;
	*p++ = v;
	return p;
}

char *bytes_field(char *p, int number, const char *v, int n)
{
	p = varint(varint(p, number << 3 | 2), n);
	memcpy(p, v, n);
	return p + n;
}

char *text_field(char *p, int number, const char *v) { return bytes_field(p, number, v, strlen(v)); }

char *number_field(char *p, int number, uint32_t v) { return varint(varint(p, number << 3), v); }

static char *float_field(char *p, int number, float v)
{
	p = varint(p, number << 3 | 5);
	memcpy(p, &v, 4);
	return p + 4;
}

static void put32(char *p, uint32_t v) { p[0] = v >> 24, p[1] = v >> 16, p[2] = v >> 8, p[3] = v; }

/* the body is already behind the header */
void send_frame(conn *c, enum command cmdid, char *frame, char *end)
{
	put32(frame, HEADER), put32(frame + 4, VERSION), put32(frame + 8, cmdid), put32(frame + 12, ++c->handled), put32(frame + 16, end - frame - HEADER);
	put(c, frame, end - frame);
}

/* ---- reading */

static uint32_t get32(const char *b)
{
	const unsigned char *p = (const unsigned char *)b;
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static const char *read_varint(const char *p, const char *e, uint64_t *v)
{
	*v = 0;
	for (int shift = 0; p < e && shift < 64; shift += 7) {
		*v |= (uint64_t)(*p & 127) << shift;
		if (!(*p++ & 128)) return p;
	}
	return NULL;
}

int next_field(const char **p, const char *e, unsigned *number, uint64_t *n, const char **v)
{
	uint64_t tag;
	if (*p >= e || !(*p = read_varint(*p, e, &tag))) return 0;
	*number = tag >> 3, *v = NULL, *n = 0;
	switch (tag & 7) {
	case 0:
		return (*p = read_varint(*p, e, n)) != NULL;
	case 1:
		*p += 8;
		return *p <= e;
	case 5:
		*p += 4;
		return *p <= e;
	case 2:
		if (!(*p = read_varint(*p, e, n)) || *n > (uint64_t)(e - *p)) return 0;
		*v = *p, *p += *n;
		return 1;
	}
	return 0;
}

/* the last field with this number and a length; 0 when there is none */
int field(const char *p, int n, unsigned number, const char **v, int *vn)
{
	const char *e = p + n, *value;
	unsigned at;
	uint64_t length;
	int found = 0;
	while (next_field(&p, e, &at, &length, &value))
		if (at == number && value) *v = value, *vn = length, found = 1;
	return found;
}

/* ---- what sessions say */

void mars_open(conn *c)
{
	char f[512], hello[64], *h = text_field(number_field(hello, 1, 1), 2, "xload");
	c->handled = 0;
	send_frame(c, HELLO, f, bytes_field(text_field(f + HEADER, F_TO, opt.domain), F_HELLO, hello, h - hello));
}

static void send_auth(conn *c, const char *mechanism, const char *data, int n)
{
	char f[2048], auth[1600], *a = auth;
	if (mechanism) a = text_field(a, 1, mechanism);
	a = text_field(bytes_field(a, 2, data, n), 3, opt.resource);
	send_frame(c, AUTH, f, bytes_field(f + HEADER, F_AUTH, auth, a - auth));
}

static void begin_auth(conn *c)
{
	char first[512];
	c->state = S_AUTH;
	if (opt.links) return send_auth(c, "ROUTER", ROUTER_NAME "\0" ROUTER_SECRET, sizeof ROUTER_NAME + sizeof ROUTER_SECRET - 1);
	int n = strcmp(opt.mech, "PLAIN") ? scram_first(c, first, sizeof first) : plain_message(c, first, sizeof first);
	send_auth(c, opt.mech, first, n);
}

static void begin_session(conn *c)
{
	char f[128];
	send_frame(c, ROSTER, f, bytes_field(text_field(f + HEADER, F_TYPE, "get"), F_ROSTER, "", 0));
	send_frame(c, PRESENCE, f, bytes_field(f + HEADER, F_PRESENCE, "", 0));
	c->state = S_ROSTER;
}

void mars_chat(conn *c, const char *to, const char *id, const char *text, int n)
{
	static char f[8192], message[8000];
	char *m = bytes_field(message, 2, text, n);
	char *p = text_field(text_field(text_field(f + HEADER, F_ID, id), F_TO, to), F_TYPE, "chat");
	if (opt.no_reply) p = number_field(p, F_NO_REPLY, 1);
	send_frame(c, MESSAGE, f, bytes_field(p, F_MESSAGE, message, m - message));
}

void mars_enter(conn *c, const char *scene, float x, float y)
{
	char f[1024], position[16], enter[256], request[600];
	char *p = float_field(float_field(position, 1, x), 2, y), nick[16];
	snprintf(nick, sizeof nick, "n%d", c->idx);
	p = text_field(bytes_field(enter, 1, position, p - position), 2, nick);
	p = bytes_field(text_field(request, 1, scene), 2, enter, p - enter);
	send_frame(c, SCENE, f, bytes_field(f + HEADER, F_SCENE, request, p - request));
}

void mars_move(conn *c, const char *scene, float x, float y, float speed)
{
	char f[512], move[400], *p = float_field(float_field(float_field(text_field(move, 1, scene), 3, x), 4, y), 7, speed);
	send_frame(c, SCENE_MOVE, f, bytes_field(f + HEADER, F_SCENE_MOVE, move, p - move));
}

void mars_end(conn *c)
{
	char f[HEADER];
	send_frame(c, LOGOUT, f, f + HEADER);
}

/* ---- what they hear */

static void auth_result(conn *c, const char *b, int n)
{
	const char *result, *v = NULL;
	int rn, vn = 0;
	char challenge[1024], final[1024];
	if (!field(b, n, F_AUTH_RESULT, &result, &rn)) return fail(c, "auth", b, n);
	if (field(result, rn, 2, &v, &vn)) return opt.links ? session_ready(c) : begin_session(c);
	if (!field(result, rn, 1, &v, &vn) || vn >= (int)sizeof challenge) return fail(c, "auth", b, n);
	memcpy(challenge, v, vn), challenge[vn] = 0;
	int fn = scram_final(c, challenge, final, sizeof final);
	if (fn < 0) return fail(c, "bad challenge", challenge, vn);
	send_auth(c, NULL, final, fn);
	c->state = S_CHAL;
}

/* the speed of each movement: field 7 of each field 3 */
static void scene_moves(const char *b, int n)
{
	const char *moves, *p, *e;
	int mn;
	if (!field(b, n, F_SCENE_MOVES, &moves, &mn)) return complain("no movements", b, n);
	scene_frame();
	for (p = moves, e = moves + mn; p < e;) {
		uint64_t tag, v;
		if (!(p = read_varint(p, e, &tag)) || !(p = read_varint(p, e, &v))) return complain("not readable", b, n);
		if ((tag & 7) == 0) continue;
		const char *m = p, *me = p + v;
		for (p = me; tag == (3 << 3 | 2) && m < me;) {
			uint64_t t, l = 4;
			if (!(m = read_varint(m, me, &t))) return complain("not readable", b, n);
			if ((t & 7) == 2 && !(m = read_varint(m, me, &l))) return complain("not readable", b, n);
			if (t == (7 << 3 | 5)) {
				float speed;
				memcpy(&speed, m, 4);
				scene_update(speed);
			}
			m += l;
		}
	}
}

static void feed_frame(conn *c, enum command cmdid, uint32_t seq, char *b, int n)
{
	const char *v;
	int vn;
	count.stanzas_in++;
	if (field(b, n, F_ERROR, &v, &vn)) {
		if (c->state < S_READY) return fail(c, "refused", b, n);
		return complain("refused", b, n);
	}
	if (cmdid == KICK || cmdid == STREAM_ERROR) return complain("closed by the server", b, n);
	switch (c->state) {
	case S_OPEN1:
		return begin_auth(c);
	case S_AUTH:
	case S_CHAL:
		return auth_result(c, b, n);
	case S_ROSTER:
		if (cmdid == PRESENCE) session_ready(c);
		return;
	case S_READY:
		if (opt.links) router_frame(c, cmdid, seq, b, n);
		else if (cmdid == STANZA) chat_delivered(b, n);
		else if (cmdid == SCENE_MOVE) scene_moves(b, n);
		else if (cmdid == SCENE && field(b, n, F_SCENE_RESULT, &v, &vn)) scene_entered(c);
	}
}

/* returns the bytes consumed */
int mars_consume(conn *c, char *b, int n)
{
	int at = 0, gen = c->gen;
	while (n - at >= HEADER && c->fd >= 0 && c->gen == gen) {
		char *f = b + at;
		uint32_t head = get32(f), body = get32(f + 16);
		if (head < HEADER || head + body > (1 << 20)) {
			fail(c, "no frame", f, HEADER);
			return n;
		}
		if (n - at < (int)(head + body)) break;
		at += head + body;
		feed_frame(c, get32(f + 8), get32(f + 12), f + head, body);
	}
	return at;
}
