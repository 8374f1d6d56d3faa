/* Rooms (XEP-0045): what a message costs that goes to all, and what it costs to come in. The first session makes the room. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "xload.h"

#define NS "http://jabber.org/protocol/muc"

static int n_joined, room_created;
static hist entering; /* from the presence that asks to enter to one's own presence (status 110) */

void on_room_presence(conn *c, char *s, int n)
{
	if (!find(s, n, "'110'") && !find(s, n, "\"110\"")) return;
	int in = !attr_is(s, n, "type", "unavailable");
	if (in && !c->joined) hist_add(&entering, now_ns() - c->t0);
	n_joined += in - c->joined;
	c->joined = in;
}

void on_room_answer(char *s, int n)
{
	if (!attr_is(s, n, "type", "result")) die("the room was not configured: %.*s", n > 400 ? 400 : n, s);
	room_created = 1;
}

static void wait_joined(int least, int most)
{
	uint64_t t = now_ns();
	while (n_joined < least || n_joined > most) {
		poll_once(20);
		if (secs_since(t) > opt.timeout) die("timeout at the door, %d are in", n_joined);
	}
}

static void join(int i)
{
	cs[i].t0 = now_ns();
	sendf(&cs[i], "<presence to='%s@%s/n%d'><x xmlns='" NS "'><history maxstanzas='0'/></x></presence>", opt.room, opt.muc, i);
}

static void leave(int i) { sendf(&cs[i], "<presence type='unavailable' to='%s@%s/n%d'/>", opt.room, opt.muc, i); }

static void make_room(void)
{
	uint64_t t = now_ns();
	phase = JOINING;
	join(0);
	wait_joined(1, 1);
	sendf(&cs[0], "<iq type='set' id='cfg' to='%s@%s'><query xmlns='" NS "#owner'><x xmlns='jabber:x:data' type='submit'>%s</x></query></iq>", opt.room,
	      opt.muc,
	      opt.hide ? "<field var='FORM_TYPE'><value>" NS "#roomconfig</value></field>"
	                 "<field var='muc#roomconfig_presencebroadcast'><value>moderator</value></field>"
	               : "");
	while (!room_created) {
		poll_once(50);
		if (secs_since(t) > 20) die("the room was not configured");
	}
}

/* ten at the door at a time */
static void fill(int n)
{
	for (int i = 1; i < n; i++) {
		join(i);
		wait_joined(i - 9, n);
	}
	wait_joined(n, n);
	quiet_for(0.5, 60);
}

/* one occupant speaks */
int muc(void)
{
	bring_up(ncs);
	make_room();
	fill(ncs);
	muc_flow.copies = ncs;
	return traffic(&muc_flow);
}

static void print_entering(int n, const snap *a, const snap *b)
{
	double per = n ? 1e3 / n : 0;
	printf(",\"unit\":\"entry\",\"entries\":%d,\"srv_ms_per_unit\":%.3f,\"gen_ms_per_unit\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,", n,
	       srv_cpu_s(a, b) * per, (b->self - a->self) * per, hist_ms(&entering, .5), hist_ms(&entering, .99), entering.max / 1e6);
	print_window(a, b);
}

static int come_and_go(double seconds)
{
	int n = 0, last = ncs - 1;
	for (uint64_t t = now_ns(); secs_since(t) < seconds; n++) {
		join(last);
		wait_joined(ncs, ncs);
		leave(last);
		wait_joined(last, last);
	}
	return n;
}

/* the last one comes and goes while all others stay */
int enter(void)
{
	bring_up(ncs);
	make_room();
	fill(ncs - 1);
	come_and_go(opt.warm);
	quiet_for(0.2, 20);
	memset(&entering, 0, sizeof entering);
	snap a = take_snap();
	int n = come_and_go(opt.duration);
	quiet_for(0.2, 20);
	snap b = take_snap();
	print_head();
	print_entering(n, &a, &b);
	int status = print_tail(n ? 0 : 1, 0);
	close_all();
	return status;
}

/* all come at once */
int burst(void)
{
	bring_up(ncs);
	run_for(opt.settle);
	make_room();
	quiet_for(0.5, 20);
	memset(&entering, 0, sizeof entering);
	uint64_t stanzas = count.stanzas_in;
	snap a = take_snap();
	for (int i = 1; i < ncs; i++) join(i);
	wait_joined(ncs, ncs);
	uint64_t end = quiet_for(1, 60);
	snap b = take_snap();
	print_head();
	printf(",\"stanzas_in\":%llu,\"all_in_s\":%.3f", (unsigned long long)(count.stanzas_in - stanzas), (end - a.t) / 1e9);
	print_entering(ncs - 1, &a, &b);
	int status = print_tail(0, 0);
	close_all();
	return status;
}
