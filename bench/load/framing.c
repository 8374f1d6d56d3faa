/* XML streams (RFC 6120) and WebSocket messages (RFC 7395), cut into stanzas without building trees: a generator has to be cheaper than
 * what it measures. It trusts the server's XML to be well-formed. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xload.h"

/* the payload after a header of h bytes, masked as a client has to (RFC 6455 §5.3); the frame's length */
static int mask(unsigned char *frame, int h, const char *p, int n)
{
	static const unsigned char key[4] = {0x3a, 0x91, 0x5c, 0xe7};
	memcpy(frame + h, key, 4), h += 4;
	for (int i = 0; i < n; i++) frame[h + i] = p[i] ^ key[i & 3];
	return h + n;
}

static void pong(conn *c, const char *p, int n)
{
	unsigned char f[132] = {0x8a, 0x80 | n};
	put(c, (char *)f, mask(f, 2, p, n));
}

/* one stanza (one masked websocket frame in ws mode) */
void send_stanza(conn *c, const char *p, int n)
{
	static unsigned char f[65536 + 16];
	if (!opt.ws) {
		put(c, p, n);
		return;
	}
	static char nsb[65536];
	if (n > 9 && (!strncmp(p, "<message ", 9) || !strncmp(p, "<iq ", 4) || !strncmp(p, "<presence", 9))) {
		/* every framed stanza carries its own namespace (RFC 7395 §3.3.3) */
		int tl = p[1] == 'm' ? 8 : p[1] == 'i' ? 3 : 9;
		static const char ns[] = " xmlns='jabber:client'";
		memcpy(nsb, p, tl), memcpy(nsb + tl, ns, sizeof ns - 1), memcpy(nsb + tl + sizeof ns - 1, p + tl, n - tl);
		p = nsb, n += sizeof ns - 1;
	}
	int h = 2;
	f[0] = 0x81;
	if (n < 126) f[1] = 0x80 | n;
	else f[1] = 0x80 | 126, f[2] = n >> 8, f[3] = n, h = 4;
	put(c, (char *)f, mask(f, h, p, n));
}

void sendf(conn *c, const char *fmt, ...)
{
	static char b[65536];
	va_list a;
	va_start(a, fmt);
	int n = vsnprintf(b, sizeof b, fmt, a);
	va_end(a);
	send_stanza(c, b, n);
}

/* ------------------------------------------------------------- parsing */
/* finds one top-level item: 0 need more, 1 stanza, 2 stream header, 3 stream end */
static int split(char *p, char *e, char **s, char **n)
{
	for (;;) {
		while (p < e && *p != '<') p++;
		*s = p;
		if (e - p < 2) return 0;
		if (p[1] == '?' || p[1] == '!') {
			p = memchr(p, '>', e - p);
			if (!p) return 0;
			p++;
			continue;
		}
		break;
	}
	int depth = 0, first = 1;
	char *q = p;
	for (;;) {
		if (e - q < 3) return 0;
		if (q[1] == '/') {
			char *g = memchr(q, '>', e - q);
			if (!g) return 0;
			*n = q = g + 1;
			if (first) return 3;
			if (--depth == 0) return 1;
		} else {
			char *g = q + 1, quote = 0;
			for (; g < e; g++) {
				if (quote) {
					g = memchr(g, quote, e - g);
					if (!g) return 0;
					quote = 0;
				} else if (*g == '\'' || *g == '"') quote = *g;
				else if (*g == '>') break;
			}
			if (g >= e) return 0;
			if (first && !strncmp(q, "<stream:stream", 14)) {
				*n = g + 1;
				return 2;
			}
			if (g[-1] != '/') depth++;
			*n = g + 1;
			q = g + 1;
			if (!depth) return 1;
		}
		first = 0;
		q = memchr(q, '<', e - q);
		if (!q) return 0;
	}
}

const char *find(const char *s, int n, const char *needle) { return memmem(s, n, needle, strlen(needle)); }

void stream_open(conn *c)
{
	if (opt.mars) mars_open(c);
	else if (opt.ws) sendf(c, "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='%s' version='1.0'/>", opt.domain);
	else
		sendf(c, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
		      opt.domain);
}

void stream_end(conn *c)
{
	if (opt.mars) mars_end(c);
	else if (opt.ws) {
		sendf(c, "<presence type='unavailable'/>");
		sendf(c, "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
	} else sendf(c, "<presence type='unavailable'/></stream:stream>");
}

static void feed_stanza(conn *c, char *s, int n)
{
	count.stanzas_in++;
	if (strchr("mpi", s[1])) c->handled++;
	if (c->state == S_READY || c->state == S_CLOSING) on_stanza(c, s, n);
	else login_stanza(c, s, n);
}

static void closed_by_server(conn *c, const char *s, int n)
{
	if (c->state < S_READY) {
		fail(c, "stream closed", s, n);
		return;
	}
	if (c->state == S_READY && count.disconnects++ < 3) fprintf(stderr, "xload: u%d: the server closed the stream\n", c->idx);
	conn_close(c);
}

/* returns the bytes consumed */
int consume(conn *c, char *b, int n)
{
	if (opt.mars) return mars_consume(c, b, n);
	char *p = b, *e = b + n;
	int gen = c->gen;
	if (c->state == S_HTTP) {
		char *h = memmem(b, n, "\r\n\r\n", 4);
		if (!h) return 0;
		if (strncmp(b, "HTTP/1.1 101", 12)) {
			fail(c, "websocket handshake", b, n);
			return n;
		}
		p = h + 4;
		c->state = S_OPEN1;
		stream_open(c);
	}
	while (p < e && c->fd >= 0 && c->gen == gen) {
		if (opt.ws) {
			unsigned char *u = (unsigned char *)p;
			if (e - p < 2) break;
			uint64_t len = u[1] & 127;
			int h = 2;
			if (len == 126) {
				if (e - p < 4) break;
				len = u[2] << 8 | u[3], h = 4;
			} else if (len == 127) {
				if (e - p < 10) break;
				len = 0;
				for (int i = 0; i < 8; i++) len = len << 8 | u[2 + i];
				h = 10;
			}
			if ((uint64_t)(e - p) < h + len) break;
			char *pl = p + h;
			int op = u[0] & 15;
			p += h + len;
			if (op == 8) {
				closed_by_server(c, pl, len);
				return n;
			}
			if (op == 9 && len < 126) pong(c, pl, len);
			if (op > 2) continue;
			if (!(u[0] & 0x80) || op == 0) { /* fragment */
				c->frag = realloc(c->frag, c->fraglen + len + 1);
				memcpy(c->frag + c->fraglen, pl, len);
				c->fraglen += len;
				if (!(u[0] & 0x80)) continue;
				char *f = c->frag;
				int fl = c->fraglen;
				c->frag = NULL, c->fraglen = 0;
				feed_stanza(c, f, fl);
				free(f);
				continue;
			}
			if (len >= 5 && !strncmp(pl, "<open", 5)) continue;
			if (len >= 6 && !strncmp(pl, "<close", 6)) {
				closed_by_server(c, pl, len);
				return n;
			}
			feed_stanza(c, pl, len);
			continue;
		}
		char *s, *q;
		int k = split(p, e, &s, &q);
		if (!k) {
			p = s;
			break;
		}
		p = q;
		if (k == 3) {
			closed_by_server(c, NULL, 0);
			return n;
		}
		if (k == 1) feed_stanza(c, s, q - s);
		if (c->tlsing) return n;
	}
	return p - b;
}

int attr(char *s, int n, const char *name, char **v, int *vn)
{
	char *e = memchr(s, '>', n);
	if (!e) e = s + n;
	int l = strlen(name);
	for (char *p = s; (p = memmem(p, e - p, name, l)); p++) {
		if ((p[-1] == ' ' || p[-1] == '\n') && p[l] == '=' && (p[l + 1] == '\'' || p[l + 1] == '"')) {
			*v = p + l + 2;
			char *q = memchr(*v, p[l + 1], e - *v);
			if (!q) return 0;
			*vn = q - *v;
			return 1;
		}
	}
	return 0;
}

int attr_is(char *s, int n, const char *name, const char *value)
{
	char *v;
	int vn;
	return attr(s, n, name, &v, &vn) && vn == (int)strlen(value) && !memcmp(v, value, vn);
}
