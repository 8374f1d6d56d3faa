/* A client's login: STARTTLS, SASL PLAIN or SCRAM (RFC 5802), bind, roster and initial presence; and in-band registration (XEP-0077). */
#define _GNU_SOURCE
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xload.h"

/* A client remembers its ClientKey (RFC 5802 §3), so that PBKDF2 is paid once per account and not at every login; --keys FILE
 * keeps them for the next run too. */
typedef struct client_key {
	char *salt; /* as sent, base64 */
	int iter;
	unsigned char ck[64];
} client_key;
static client_key *keys, *last;
static int new_keys;
static const EVP_MD *scram_md;

void login_init(void)
{
	scram_md = strstr(opt.mech, "512") ? EVP_sha512() : strstr(opt.mech, "256") ? EVP_sha256() : EVP_sha1();
	keys = calloc(opt.sessions, sizeof *keys);
	FILE *f = opt.keys ? fopen(opt.keys, "r") : NULL;
	int idx, iter;
	char salt[256], hex[129];
	while (f && fscanf(f, "%d %d %255s %128s", &idx, &iter, salt, hex) == 4) {
		if (idx >= opt.sessions) continue;
		keys[idx].salt = strdup(salt), keys[idx].iter = iter;
		for (int i = 0; hex[2 * i] && hex[2 * i + 1]; i++) sscanf(hex + 2 * i, "%2hhx", &keys[idx].ck[i]);
	}
	if (f) fclose(f);
}

void keys_save(void)
{
	FILE *f = opt.keys && new_keys ? fopen(opt.keys, "w") : NULL;
	for (int i = 0; f && i < opt.sessions; i++) {
		if (!keys[i].salt) continue;
		fprintf(f, "%d %d %s ", i, keys[i].iter, keys[i].salt);
		for (int b = 0; b < EVP_MD_get_size(scram_md); b++) fprintf(f, "%02x", keys[i].ck[b]);
		fprintf(f, "\n");
	}
	if (f) fclose(f);
	new_keys = 0;
}

int b64enc(const void *in, int n, char *out) { return EVP_EncodeBlock((unsigned char *)out, in, n); }

static int b64dec(const char *in, int n, unsigned char *out)
{
	int r = EVP_DecodeBlock(out, (const unsigned char *)in, n);
	while (n > 0 && in[n - 1] == '=') r--, n--;
	return r;
}

/* four names may be in use at a time */
const char *user_name(int i)
{
	static char b[4][64];
	static int k;
	char *p = b[k++ & 3];
	snprintf(p, 64, opt.user, i + opt.offset);
	return p;
}

void session_ready(conn *c)
{
	c->state = S_READY;
	count.pending--, count.ready++;
	on_ready(c);
}

/* roster get and initial presence go out together */
void session_begin(conn *c)
{
	sendf(c, "<iq type='get' id='ro'><query xmlns='jabber:iq:roster'/></iq>");
	sendf(c, "<presence/>");
	c->state = S_ROSTER;
}

int plain_message(conn *c, char *out, int size) { return snprintf(out, size, "%c%s%c%s", 0, user_name(c->idx), 0, opt.pass); }

int scram_first(conn *c, char *out, int size)
{
	int n = snprintf(out, size, "n,,n=%s,r=fyko%08x%08x", user_name(c->idx), (unsigned)random(), (unsigned)random());
	free(c->scram);
	c->scram = strdup(out + 3);
	return n;
}

static void do_auth(conn *c)
{
	if (has_token(c)) return token_auth(c);
	char raw[512], b[1024];
	int n = strcmp(opt.mech, "PLAIN") ? scram_first(c, raw, sizeof raw) : plain_message(c, raw, sizeof raw);
	b64enc(raw, n, b);
	if (wants_token()) return sasl2_begin(c, opt.mech, b);
	sendf(c, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='%s'>%s</auth>", opt.mech, b);
	c->state = S_AUTH;
}

static void hmac(const unsigned char *k, int kn, const void *d, int dn, unsigned char *o)
{
	unsigned l = 64;
	HMAC(scram_md, k, kn, d, dn, o, &l);
}

int scram_final(conn *c, char *challenge, char *out, int size)
{
	char *r = strstr(challenge, "r="), *sl = strstr(challenge, ",s="), *it = strstr(challenge, ",i=");
	if (!r || !sl || !it) return -1;
	int hn = EVP_MD_get_size(scram_md), iter = atoi(it + 3);
	char salt[256], nonce[256];
	snprintf(nonce, sizeof nonce, "%.*s", (int)(sl - r - 2), r + 2);
	snprintf(salt, sizeof salt, "%.*s", (int)(it - sl - 3), sl + 3);
	client_key *k = &keys[c->idx];
	if (!k->salt || strcmp(k->salt, salt) || k->iter != iter) {
		/* servers that give every account the same salt cost one derivation in all */
		if (last && !strcmp(last->salt, salt) && last->iter == iter) memcpy(k->ck, last->ck, sizeof k->ck);
		else {
			unsigned char sraw[256], salted[64];
			int sn = b64dec(salt, strlen(salt), sraw);
			PKCS5_PBKDF2_HMAC(opt.pass, strlen(opt.pass), sraw, sn, iter, scram_md, hn, salted);
			hmac(salted, hn, "Client Key", 10, k->ck);
			new_keys++;
		}
		free(k->salt);
		k->salt = strdup(salt), k->iter = iter;
		last = k;
	}
	unsigned char sk[64];
	EVP_Digest(k->ck, hn, sk, NULL, scram_md, NULL);
	char am[2048];
	int n = snprintf(out, size, "c=biws,r=%s", nonce);
	int an = snprintf(am, sizeof am, "%s,%s,%s", c->scram, challenge, out);
	unsigned char sig[64], proof[64];
	char pb[128];
	hmac(sk, hn, am, an, sig);
	for (int i = 0; i < hn; i++) proof[i] = k->ck[i] ^ sig[i];
	b64enc(proof, hn, pb);
	return n + snprintf(out + n, size - n, ",p=%s", pb);
}

static void scram_reply(conn *c, const char *s, int n)
{
	const char *b = memchr(s, '>', n);
	if (!b) return fail(c, "challenge", s, n);
	b++;
	const char *e = memchr(b, '<', s + n - b);
	unsigned char ch[1024];
	int cn = b64dec(b, e - b, ch);
	ch[cn < 0 ? 0 : cn] = 0;
	char fin[1024], out[1400];
	int fn = scram_final(c, (char *)ch, fin, sizeof fin);
	if (fn < 0) return fail(c, "bad challenge", (char *)ch, cn);
	b64enc(fin, fn, out);
	sendf(c, "<response xmlns='%s'>%s</response>", wants_token() ? "urn:xmpp:sasl:2" : "urn:ietf:params:xml:ns:xmpp-sasl", out);
	c->state = S_CHAL;
}

void login_stanza(conn *c, char *s, int n)
{
	switch (c->state) {
	case S_OPEN1:
		if (!find(s, n, "features")) return fail(c, "expected features", s, n);
		if (opt.starttls && !c->tls) {
			sendf(c, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
			c->state = S_STARTTLS;
			return;
		}
		if (!strcmp(opt.mode, "register")) {
			sendf(c, "<iq type='set' id='reg'><query xmlns='jabber:iq:register'><username>%s</username><password>%s</password></query></iq>",
			      user_name(c->idx), opt.pass);
			c->state = S_REG;
			return;
		}
		do_auth(c);
		return;
	case S_STARTTLS:
		if (!find(s, n, "<proceed")) return fail(c, "starttls", s, n);
		start_tls(c);
		tls_step(c);
		return;
	case S_REG:
		if (find(s, n, "type='result'") || find(s, n, "type=\"result\"") || find(s, n, "conflict")) c->done = 1;
		else if (count.failures++ < 5) fprintf(stderr, "xload: register: %.*s\n", n, s);
		conn_close(c);
		return;
	case S_AUTH:
		if (find(s, n, "<challenge")) return scram_reply(c, s, n);
		/* fall through */
	case S_CHAL:
		if (!find(s, n, "<success")) return fail(c, "auth", s, n);
		if (wants_token()) return sasl2_end(c, s, n);
		c->state = S_OPEN2;
		stream_open(c);
		return;
	case S_OPEN2:
		if (!find(s, n, "features")) return fail(c, "expected features 2", s, n);
		sendf(c, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>%s</resource></bind></iq>", opt.resource);
		c->state = S_BIND;
		return;
	case S_BIND:
		if (!find(s, n, "<jid>")) return fail(c, "bind", s, n);
		session_begin(c);
		return;
	case S_ROSTER:
		if (!find(s, n, "jabber:iq:roster") && !(find(s, n, "<iq") && (find(s, n, "'ro'") || find(s, n, "\"ro\"")))) return on_stanza(c, s, n);
		for (const char *p = s, *q; (q = find(p, s + n - p, "subscription")); p = q + 12)
			if (!strncmp(q + 14, "both", 4)) c->contacts++;
		session_ready(c);
		return;
	}
}

/* opens all sessions with at most --conc logins in progress */
void bring_up(int n)
{
	uint64_t t = now_ns();
	int started = 0;
	while (count.ready < n) {
		while (started < n && count.pending < opt.conc) conn_start(&cs[started++]);
		poll_once(100);
		if (secs_since(t) > opt.timeout) die("login timeout: %d of %d ready, %d failed", count.ready, n, count.failures);
		if (count.failures) die("%d of %d sessions ready, %d failed", count.ready, n, count.failures);
		if (started == n && !count.pending && count.ready < n) die("%d of %d sessions ready, the others were closed", count.ready, n);
	}
	fprintf(stderr, "xload: %d sessions ready in %.1f s\n", count.ready, secs_since(t));
	keys_save();
}
