/* Sockets, TLS and the event loop. Buffers exist only while something is incomplete, so that an idle connection costs us little. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "xload.h"

#define READ_CHUNK 65536
#define READ_BUFFER (4 << 20)

conn *cs;
int ncs;
counters count;
uint64_t next_timer;

static int ep;
static SSL_CTX *ctx;
static char *gbuf;

void connections_init(int n)
{
	struct rlimit rl;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	if ((rlim_t)n + 64 > rl.rlim_cur) die("%d sessions need more than the %llu open files allowed (ulimit -n)", n, (unsigned long long)rl.rlim_cur);
	gbuf = malloc(READ_BUFFER + 16);
	ep = epoll_create1(EPOLL_CLOEXEC);
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	cs = calloc(n, sizeof *cs);
	ncs = n;
	for (int i = 0; i < n; i++) cs[i].fd = -1, cs[i].idx = i;
}

static void ep_set(conn *c, int out)
{
	int ev = EPOLLIN | (out ? EPOLLOUT : 0);
	if (c->ep == ev) return;
	struct epoll_event e = {.events = ev, .data.ptr = c};
	epoll_ctl(ep, c->ep ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
	c->ep = ev;
}

static int raw_write(conn *c, const char *p, int n)
{
	if (c->tls) {
		int r = SSL_write(c->ssl, p, n);
		if (r > 0) return r;
		int e = SSL_get_error(c->ssl, r);
		ERR_clear_error();
		return (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) ? 0 : -1;
	}
	int r = send(c->fd, p, n, MSG_NOSIGNAL);
	if (r >= 0) return r;
	return (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void flush_out(conn *c)
{
	while (c->wlen) {
		int r = raw_write(c, c->wb + c->woff, c->wlen);
		if (r <= 0) break; /* errors show up as EPOLLHUP on read */
		c->woff += r, c->wlen -= r;
	}
	if (!c->wlen && c->wb) free(c->wb), c->wb = NULL, c->woff = c->wcap = 0;
	ep_set(c, c->wlen > 0);
}

void put(conn *c, const char *p, int n)
{
	if (c->fd < 0) return;
	if (!c->wlen && c->state != S_TCP) {
		int r = raw_write(c, p, n);
		if (r < 0) return;
		p += r, n -= r;
		if (!n) return;
	}
	if (c->woff + c->wlen + n > c->wcap) {
		char *nb = malloc(c->wcap = c->wlen + n + 512);
		memcpy(nb, c->wb ? c->wb + c->woff : "", c->wlen);
		free(c->wb), c->wb = nb, c->woff = 0;
	}
	memcpy(c->wb + c->woff + c->wlen, p, n);
	c->wlen += n;
	ep_set(c, 1);
}

void conn_start(conn *c)
{
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) die("socket: %s", strerror(errno));
	int one = 1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (opt.srcs > 1 && !strncmp(opt.host, "127.", 4)) {
		static unsigned rr;
		struct sockaddr_in s = {.sin_family = AF_INET};
		s.sin_addr.s_addr = htonl(0x7f000002u + (rr++ % opt.srcs));
		setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
		if (bind(c->fd, (void *)&s, sizeof s)) die("bind: %s", strerror(errno));
	}
	struct sockaddr_in d = {.sin_family = AF_INET, .sin_port = htons(opt.port)};
	inet_pton(AF_INET, opt.host, &d.sin_addr);
	c->state = S_TCP, c->ep = 0, c->rlen = c->wlen = 0, c->tls = c->tlsing = 0;
	c->done = c->joined = c->contacts = 0;
	c->t0 = now_ns();
	count.pending++, c->gen++;
	if (count.failures > 1000) die("too many failures");
	if (connect(c->fd, (void *)&d, sizeof d) && errno != EINPROGRESS) {
		fprintf(stderr, "xload: connect: %s\n", strerror(errno));
		count.failures++;
		conn_close(c);
		return;
	}
	ep_set(c, 1);
}

void conn_close(conn *c)
{
	if (c->fd < 0) return;
	if (c->ssl) SSL_free(c->ssl), c->ssl = NULL;
	close(c->fd);
	c->fd = -1, c->ep = 0;
	free(c->rb), free(c->wb), free(c->scram), free(c->frag);
	c->rb = c->wb = c->scram = c->frag = NULL;
	c->rlen = c->wlen = c->woff = c->wcap = c->fraglen = 0;
	int st = c->state;
	c->state = S_OFF;
	if (st == S_READY) count.ready--;
	else if (st != S_CLOSING) count.pending--;
	on_closed(c);
}

void fail(conn *c, const char *why, const char *s, int n)
{
	if (count.failures++ < 5) fprintf(stderr, "xload: u%d state %d: %s: %.*s\n", c->idx, c->state, why, n > 300 ? 300 : n, s ? s : "");
	conn_close(c);
}

void start_tls(conn *c)
{
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_connect_state(c->ssl);
	c->tls = 1, c->tlsing = 1, c->state = S_TLS;
}

static void after_tcp(conn *c)
{
	if (opt.ws) {
		c->state = S_HTTP;
		char b[512];
		int n = snprintf(b, sizeof b,
		                 "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
		                 opt.ws_path, opt.domain);
		put(c, b, n);
		return;
	}
	c->state = S_OPEN1;
	stream_open(c);
}

void tls_step(conn *c)
{
	int r = SSL_do_handshake(c->ssl);
	if (r == 1) {
		c->tlsing = 0;
		ep_set(c, 0);
		after_tcp(c);
		return;
	}
	int e = SSL_get_error(c->ssl, r);
	if (e == SSL_ERROR_WANT_READ) ep_set(c, 0);
	else if (e == SSL_ERROR_WANT_WRITE) ep_set(c, 1);
	else {
		ERR_clear_error();
		fail(c, "tls handshake", NULL, 0);
	}
}

static void on_readable(conn *c)
{
	for (;;) {
		int have = c->rlen, gen = c->gen;
		if (have) {
			if (have + READ_CHUNK > READ_BUFFER) {
				fail(c, "stanza too large", NULL, 0);
				return;
			}
			memcpy(gbuf, c->rb, have);
		}
		int r;
		if (c->tls) {
			r = SSL_read(c->ssl, gbuf + have, READ_CHUNK);
			if (r <= 0) {
				int e = SSL_get_error(c->ssl, r);
				if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return;
				ERR_clear_error();
				r = 0;
			}
		} else {
			r = recv(c->fd, gbuf + have, READ_CHUNK, 0);
			if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
		}
		if (r <= 0) {
			if (c->state != S_CLOSING) {
				if (count.disconnects++ < 3) fprintf(stderr, "xload: u%d disconnected in state %d\n", c->idx, c->state);
			}
			conn_close(c);
			return;
		}
				int n = have + r;
		gbuf[n] = 0;
		int used = consume(c, gbuf, n);
		if (c->fd < 0 || c->gen != gen) return;
		if (used < n) {
			c->rb = realloc(c->rb, n - used);
			memmove(c->rb, gbuf + used, n - used);
			c->rlen = n - used;
		} else if (c->rb) free(c->rb), c->rb = NULL, c->rlen = 0;
		if (c->tlsing) {
			tls_step(c);
			return;
		}
		if (!c->tls) return; /* level triggered */
		if (!SSL_pending(c->ssl) && r < 16384 / 2) {
			/* one more SSL_read would be a wasted syscall in the common case */
			if (!SSL_has_pending(c->ssl)) return;
		}
	}
}

void poll_once(int maxms)
{
	static struct epoll_event ev[1024];
	struct timespec ts = {maxms / 1000, (maxms % 1000) * 1000000L};
	if (next_timer) {
		uint64_t n = now_ns();
		uint64_t d = next_timer > n ? next_timer - n : 0;
		if (d < (uint64_t)maxms * 1000000ull) ts.tv_sec = d / 1000000000ull, ts.tv_nsec = d % 1000000000ull;
	}
	int k = epoll_pwait2(ep, ev, 1024, &ts, NULL);
	for (int i = 0; i < k; i++) {
		conn *c = ev[i].data.ptr;
		if (c->fd < 0) continue;
		if (c->state == S_TCP) {
			int err = 0;
			socklen_t l = sizeof err;
			getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
			if (err) {
				fail(c, strerror(err), NULL, 0);
				continue;
			}
			if (!(ev[i].events & EPOLLOUT)) continue;
			if (opt.directtls) {
				start_tls(c);
				tls_step(c);
				continue;
			}
			c->state = S_OPEN1;
			ep_set(c, 0);
			after_tcp(c);
			continue;
		}
		if (c->tlsing) {
			tls_step(c);
			continue;
		}
		if (ev[i].events & EPOLLOUT) flush_out(c);
		if (c->fd >= 0 && ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
	}
}

void run_for(double seconds)
{
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
	next_timer = 0;
	while (now_ns() < end) poll_once(20);
}
