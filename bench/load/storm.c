/* Everybody comes back at once: with SCRAM, with a token (XEP-0484), or with a token to the session that lost its link (XEP-0198);
 * the last two in one round trip (XEP-0388, XEP-0386). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "xload.h"

#define MECHANISM "HT-SHA-256-NONE"

/* what a client keeps to come back with */
typedef struct pass {
	char token[128], session[64];
} pass;
static pass *passes;

static int resumes(void) { return !strcmp(opt.back, "resume"); }

int wants_token(void) { return passes && strcmp(opt.back, "scram"); }

int has_token(const conn *c) { return passes && passes[c->idx].token[0]; }

void sasl2_begin(conn *c, const char *mech, const char *response)
{
	pass *p = &passes[c->idx];
	char with[256] = "<fast xmlns='urn:xmpp:fast:0'/>", then[256];
	if (!p->token[0]) snprintf(with, sizeof with, "<request-token xmlns='urn:xmpp:fast:0' mechanism='" MECHANISM "'/>");
	if (p->session[0]) snprintf(then, sizeof then, "<resume xmlns='urn:xmpp:sm:3' previd='%s' h='%u'/>", p->session, c->handled);
	else
		snprintf(then, sizeof then, "<bind xmlns='urn:xmpp:bind:0'><tag>%s</tag>%s</bind>", opt.resource,
		         resumes() ? "<enable xmlns='urn:xmpp:sm:3' resume='true'/>" : "");
	sendf(c,
	      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='%s'><initial-response>%s</initial-response>"
	      "<user-agent id='00000000-0000-4000-8000-%012d'><software>xload</software></user-agent>%s%s</authenticate>",
	      mech, response, c->idx, with, then);
	c->state = S_AUTH;
}

/* draft-schmaus-kitten-sasl-ht: the name, a zero, and a proof that we have the token */
void token_auth(conn *c)
{
	const char *token = passes[c->idx].token;
	unsigned char raw[128];
	char b[256];
	int n = sprintf((char *)raw, "%s", user_name(c->idx)) + 1;
	HMAC(EVP_sha256(), token, strlen(token), (const unsigned char *)"Initiator", 9, raw + n, NULL);
	b64enc(raw, n + 32, b);
	sasl2_begin(c, MECHANISM, b);
}

/* the attribute of the first such element anywhere in the stanza */
static void keep(char *s, int n, const char *element, const char *name, char *value, int size)
{
	char *e = (char *)find(s, n, element), *v;
	int vn;
	if (e && attr(e, s + n - e, name, &v, &vn) && vn < size) memcpy(value, v, vn), value[vn] = 0;
}

void sasl2_end(conn *c, char *s, int n)
{
	pass *p = &passes[c->idx];
	if (p->session[0]) {
		if (!find(s, n, "<resumed")) return fail(c, "resume", s, n);
		return session_ready(c);
	}
	keep(s, n, "<token", "token", p->token, sizeof p->token);
	keep(s, n, "<enabled", "id", p->session, sizeof p->session);
	if (!p->token[0] || (resumes() && !p->session[0])) return fail(c, "no token, or no session to resume", s, n);
	c->handled = 0;
	session_begin(c);
}

/* what we are told next; meanwhile links may end */
static int told(char *line, int size)
{
	int n;
	fflush(stdout);
	fcntl(0, F_SETFL, O_NONBLOCK);
	while ((n = read(0, line, size - 1)) < 0) poll_once(20);
	line[n] = 0;
	return n;
}

int storm(void)
{
	passes = calloc(ncs, sizeof *passes);
	groups_ready();
	if (count.failures || count.disconnects || count.error_stanzas) die("sessions were lost before the storm");
	char line[32];
	printf("{\"mode\":\"up\"}\n");
	if (!told(line, sizeof line)) die("nobody tells the server's process");
	opt.pid = atoi(line);
	for (int i = 0; i < ncs; i++) conn_close(&cs[i]);
	count = (counters){0};
	phase = RETURNING;

	/* a resumed session never left its contacts */
	uint64_t expected = resumes() ? 0 : (uint64_t)ncs * opt.contacts;
	double half_s = 0, bound_s = 0;
	snap a = take_snap();
	for (int i = 0; i < ncs; i++) conn_start(&cs[i]);
	while (count.pending || contacts_seen < expected) {
		poll_once(20);
		if (!half_s && count.ready >= ncs / 2) half_s = secs_since(a.t);
		if (!bound_s && count.ready == ncs) bound_s = secs_since(a.t);
		if (secs_since(a.t) > opt.timeout || (!count.pending && count.ready < ncs)) break;
	}
	snap b = take_snap();
	print_head();
	printf(",\"back\":\"%s\",\"contacts\":%d,\"ready\":%d,\"half_s\":%.3f,\"bound_s\":%.3f,\"presences\":%llu,", opt.back, opt.contacts, count.ready, half_s,
	       bound_s, (unsigned long long)contacts_seen);
	print_window(&a, &b);
	/* one more presence than expected is as wrong as one less */
	quiet_for(1, 10);
	uint64_t lost = contacts_seen < expected ? expected - contacts_seen : 0;
	int status = print_tail(lost, contacts_seen - expected + lost);
	/* the links stay until the server was asked how it was */
	told(line, sizeof line);
	for (int i = 0; i < ncs; i++) conn_close(&cs[i]);
	return status;
}
