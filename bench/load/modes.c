/* The modes: what is done and what is printed. Each run prints one JSON line (mixed: one an interval, then one in all) and exits 0
 * only when nothing failed: no refused login, no disconnect, no error stanza, nothing lost. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "xload.h"

static uint64_t logins;
static int logging_in;
static hist login_time;

void print_head(void)
{
	printf("{\"label\":\"%s\",\"mode\":\"%s\",\"transport\":\"%s\",\"sessions\":%d", opt.label, opt.mode, transport_name(), opt.sessions);
}

/* closes the JSON line; 0 when nothing went wrong, else 2 */
int print_tail(uint64_t lost, uint64_t unexpected)
{
	printf(",\"errors\":%llu,\"disconnects\":%llu,\"failures\":%d,\"stalls\":%llu,\"lost\":%llu,\"unexpected\":%llu}\n",
	       (unsigned long long)count.error_stanzas, (unsigned long long)count.disconnects, count.failures, (unsigned long long)stalls,
	       (unsigned long long)lost, (unsigned long long)unexpected);
	fflush(stdout);
	return count.error_stanzas || count.disconnects || count.failures || stalls || lost || unexpected ? 2 : 0;
}

static void end_stream(conn *c)
{
	if (c->state != S_READY) return;
	count.ready--;
	c->state = S_CLOSING;
	stream_end(c);
}

void close_all(void)
{
	for (int i = 0; i < ncs; i++) end_stream(&cs[i]);
	uint64_t t = now_ns();
	for (int open = 1; open && secs_since(t) < 20;) {
		poll_once(50);
		open = 0;
		for (int i = 0; i < ncs; i++) open += cs[i].fd >= 0;
	}
}

/* ---- register */

static int register_accounts(void)
{
	uint64_t t = now_ns();
	int started = 0, ok = 0;
	while (started < ncs || count.pending) {
		while (started < ncs && count.pending < opt.conc) conn_start(&cs[started++]);
		poll_once(100);
		if (secs_since(t) > opt.timeout) die("register timeout");
		if (count.failures > 20) die("too many failures");
	}
	for (int i = 0; i < ncs; i++) ok += cs[i].done;
	print_head();
	printf(",\"ok\":%d,\"wall_s\":%.2f", ok, secs_since(t));
	return print_tail(ncs - ok, 0);
}

/* ---- rosters */

static void whole_groups(void)
{
	int size = opt.contacts + 1;
	if (opt.sessions % size) die("--sessions has to be a multiple of --contacts + 1 (%d)", size);
}

static int rosters(void)
{
	uint64_t t = now_ns();
	whole_groups();
	bring_up(ncs);
	quiet_for(1, 30);
	if (incomplete_rosters()) subscribe_groups();
	print_head();
	printf(",\"contacts\":%d,\"wall_s\":%.2f", opt.contacts, secs_since(t));
	int status = print_tail(0, 0);
	close_all();
	return status;
}

/* ---- chat, presence: one flow, saturated or at a rate */

int traffic(flow *f)
{
	traffic_init();
	f->window = opt.window, f->rate = opt.rate;
	traffic_add(f);
	traffic_for(opt.warm);
	uint64_t sent = f->sent, received = f->received, stanzas = count.stanzas_in;
	snap a = take_snap();
	measuring = 1;
	traffic_for(opt.duration);
	measuring = 0;
	snap b = take_snap();
	double n = (double)(f->received - received), wall = (b.t - a.t) / 1e9, per = n ? 1e6 / n : 0;
	print_head();
	printf(",\"window\":%d,\"rate\":%.0f,\"body\":%d,\"unit\":\"%s\",\"sent\":%llu,\"delivered\":%.0f,\"stanzas_in\":%llu,\"per_s\":%.1f,"
	       "\"srv_us_per_unit\":%.3f,\"gen_us_per_unit\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,",
	       opt.window, opt.rate, opt.body, f->unit, (unsigned long long)(f->sent - sent), n, (unsigned long long)(count.stanzas_in - stanzas),
	       n / wall, srv_cpu_s(&a, &b) * per, (b.self - a.self) * per, hist_ms(&f->latency, .5), hist_ms(&f->latency, .99), f->latency.max / 1e6);
	print_window(&a, &b);
	uint64_t lost = traffic_settle(15);
	int status = print_tail(n ? lost : lost + 1, f->unexpected);
	close_all();
	return status;
}

static int chat(void)
{
	if (opt.sessions % 2) die("chat needs an even number of sessions");
	bring_up(ncs);
	run_for(opt.settle);
	return traffic(&chat_flow);
}

void groups_ready(void)
{
	whole_groups();
	bring_up(ncs);
	quiet_for(1, 30);
	int missing = incomplete_rosters();
	if (missing) die("%d rosters have fewer than %d contacts: run xload rosters first", missing, opt.contacts);
	presence_flow.copies = opt.contacts;
}

static int presence(void)
{
	groups_ready();
	return traffic(&presence_flow);
}

/* ---- idle: memory of sessions that do nothing */

static int idle(void)
{
	snap before = take_snap();
	bring_up(ncs);
	run_for(opt.settle);
	snap after = take_snap();
	run_for(opt.duration);
	snap end = take_snap();
	double n = ncs / 1024.0;
	print_head();
	printf(",\"rss_before_kb\":%ld,\"rss_after_kb\":%ld,\"rss_late_kb\":%ld,\"bytes_per_conn\":%.0f,\"bytes_per_conn_late\":%.0f,"
	       "\"anon_bytes_per_conn\":%.0f,\"login_cpu_ms\":%.3f,",
	       before.srv.rss_kb, after.srv.rss_kb, end.srv.rss_kb, (after.srv.rss_kb - before.srv.rss_kb) / n, (end.srv.rss_kb - before.srv.rss_kb) / n,
	       (after.srv.anon_kb - before.srv.anon_kb) / n, srv_cpu_s(&before, &after) * 1e3 / ncs);
	print_window(&after, &end);
	int status = print_tail(0, 0);
	close_all();
	return status;
}

/* ---- login: whole logins and logouts, one after the other */

/* keeps --conc logins in progress; streams that are closing do not count */
static void top_up(void)
{
	static int pos, next;
	for (int k = 0; k < ncs && count.pending < opt.conc; k++) {
		conn *c = &cs[pos = (pos + 1) % ncs];
		if (c->fd >= 0) continue;
		c->idx = next++ % opt.sessions;
		conn_start(c);
	}
}

void on_ready(conn *c)
{
	if (!logging_in) return;
	logins++;
	if (measuring) hist_add(&login_time, now_ns() - c->t0);
	end_stream(c);
	top_up();
}

void on_closed(conn *c)
{
	(void)c;
	if (logging_in) top_up();
}

static int login(void)
{
	uint64_t t = now_ns();
	logging_in = 1;
	top_up();
	/* every account once, so that the generator has all its keys */
	while (logins < (uint64_t)opt.sessions && !count.failures) {
		poll_once(20);
		if (secs_since(t) > opt.timeout) die("login timeout");
	}
	keys_save();
	run_for(opt.warm);
	uint64_t before = logins;
	snap a = take_snap();
	measuring = 1;
	run_for(opt.duration);
	measuring = 0;
	snap b = take_snap();
	double n = (double)(logins - before), wall = (b.t - a.t) / 1e9, per = n ? 1e3 / n : 0;
	logging_in = 0;
	print_head();
	printf(",\"mech\":\"%s\",\"conc\":%d,\"unit\":\"login\",\"logins\":%.0f,\"per_s\":%.1f,\"srv_ms_per_login\":%.3f,\"gen_ms_per_login\":%.3f,"
	       "\"p50_ms\":%.3f,\"p99_ms\":%.3f,",
	       opt.mech, opt.conc, n, n / wall, srv_cpu_s(&a, &b) * per, (b.self - a.self) * per, hist_ms(&login_time, .5), hist_ms(&login_time, .99));
	print_window(&a, &b);
	return print_tail(n ? 0 : 1, 0);
}

/* ---- mixed: chat and presence changes at fixed rates for a long time */

/* one flow in one interval, and the 99th percentile since the minute began */
typedef struct interval {
	flow *f;
	const char *name;
	uint64_t sent, received;
	hist minute;
} interval;

static void interval_begin(interval *i, int new_minute)
{
	i->sent = i->f->sent, i->received = i->f->received;
	memset(&i->f->latency, 0, sizeof i->f->latency);
	if (new_minute) memset(&i->minute, 0, sizeof i->minute);
}

static void interval_print(interval *i, double wall)
{
	flow *f = i->f;
	hist_merge(&i->minute, &f->latency);
	printf(",\"%s\":{\"sent\":%llu,\"delivered\":%llu,\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
	       "\"minute_p99_ms\":%.3f,\"outstanding\":%llu}",
	       i->name, (unsigned long long)(f->sent - i->sent), (unsigned long long)(f->received - i->received), (f->received - i->received) / wall,
	       hist_ms(&f->latency, .5), hist_ms(&f->latency, .99), f->latency.max / 1e6, hist_ms(&i->minute, .99), (unsigned long long)f->outstanding);
}

static int mixed(void)
{
	traffic_init();
	if (opt.sessions % 2) die("mixed needs an even number of sessions");
	if (opt.presence_rate > 0) {
		groups_ready();
		presence_flow.rate = opt.presence_rate;
		traffic_add(&presence_flow);
	} else bring_up(ncs);
	run_for(opt.settle);
	if (opt.rate <= 0) die("mixed needs a --rate");
	chat_flow.rate = opt.rate;
	traffic_add(&chat_flow);
	static interval chats = {.f = &chat_flow, .name = "chat"}, presences = {.f = &presence_flow, .name = "presence"};
	int intervals = (int)(opt.duration / opt.interval + .5), a_minute = (int)(60 / opt.interval + .5);
	uint64_t start = now_ns();
	measuring = 1;
	snap first = take_snap(), a = first;
	for (int i = 0; i < intervals; i++) {
		interval_begin(&chats, i % a_minute == 0);
		interval_begin(&presences, i % a_minute == 0);
		traffic_for(opt.interval);
		snap b = take_snap();
		printf("{\"mode\":\"interval\",\"at_s\":%.1f,", secs_since(start));
		print_window(&a, &b);
		interval_print(&chats, (b.t - a.t) / 1e9);
		interval_print(&presences, (b.t - a.t) / 1e9);
		printf(",\"notices\":%llu,\"last_notice_ms\":%.3f", (unsigned long long)notices, last_notice_ms);
		print_tail(0, chat_flow.unexpected + presence_flow.unexpected); /* these are counted since the start */
		a = b;
	}
	measuring = 0;
	uint64_t lost = traffic_settle(15);
	print_head();
	printf(",\"rate\":%.0f,\"presence_rate\":%.0f,\"contacts\":%d,\"ready\":%d,", opt.rate, opt.presence_rate, opt.contacts, count.ready);
	print_window(&first, &a);
	int status = print_tail(lost, chat_flow.unexpected + presence_flow.unexpected);
	close_all();
	return status;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
    {"register", register_accounts}, {"rosters", rosters}, {"chat", chat}, {"presence", presence}, {"muc", muc},
    {"idle", idle}, {"login", login}, {"mixed", mixed}, {"storm", storm},
    {"enter", enter}, {"burst", burst}, {"scene", scene}, {"routed", routed},
};

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	srandom(getpid());
	for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(modes[i].name, opt.mode)) continue;
		login_init();
		/* streams that are closing still hold a connection while the next logins go on */
		connections_init(modes[i].run == login ? opt.conc * 20 : opt.links ? opt.links : opt.sessions);
		return modes[i].run();
	}
	die("unknown mode %s", opt.mode);
}
