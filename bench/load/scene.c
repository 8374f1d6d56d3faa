/* Scenes: game clients that all walk, and are told how those near them walk. Each movement carries its time as its speed, in tenths of a
 * millisecond, which a float holds exactly up to 2^24: half an hour. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xload.h"

enum { WRAP = 1 << 24 };
/* as the server has it by default: 50 and 60; in between pairs stay as they were, so the density is for about the middle */
#define SIGHT 51.5
#define STEP 0.5

static struct walker {
	float x, y, heading;
} *walkers;
static double edge;
static char address[256];
static int n_inside, cursor;
static uint64_t updates, frames, next_move;
static hist age;

static uint32_t stamp(uint64_t ns) { return ns / 100000 % WRAP; }

static double chance(void) { return random() / (double)RAND_MAX; }

void scene_entered(conn *c)
{
	c->joined = 1;
	n_inside++;
}

void scene_frame(void) { frames++; }

void scene_update(float speed)
{
	updates++;
	if (measuring) hist_add(&age, (uint64_t)((stamp(now_ns()) - (uint32_t)speed) & (WRAP - 1)) * 100000);
}

/* on, and back from the edge of the world */
static void walk(conn *c, uint64_t t)
{
	struct walker *w = &walkers[c - cs];
	w->heading += (chance() - .5) / 2;
	w->x += STEP * cosf(w->heading), w->y += STEP * sinf(w->heading);
	if (w->x < 0 || w->x > edge || w->y < 0 || w->y > edge) {
		w->heading += M_PI;
		w->x = fmin(fmax(w->x, 0), edge), w->y = fmin(fmax(w->y, 0), edge);
	}
	mars_move(c, address, w->x, w->y, stamp(t));
}

static void walk_for(double seconds)
{
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), gap = (uint64_t)(1e9 / (opt.rate * ncs));
	if (!next_move) next_move = now_ns();
	for (uint64_t now; (now = now_ns()) < end;) {
		for (; next_move <= now; next_move += gap) walk(&cs[cursor = (cursor + 1) % ncs], next_move);
		next_timer = next_move;
		poll_once(50);
	}
	next_timer = 0;
}

int scene(void)
{
	if (!opt.mars || opt.rate <= 0) die("scene needs --mars and a --rate, movements of each session in a second");
	snprintf(address, sizeof address, "%s@scene.%s", opt.room, opt.domain);
	walkers = calloc(ncs, sizeof *walkers);
	edge = sqrt(ncs * M_PI * SIGHT * SIGHT / opt.contacts);
	bring_up(ncs);
	uint64_t t = now_ns();
	for (int i = 0; i < ncs; i++) {
		walkers[i] = (struct walker){chance() * edge, chance() * edge, chance() * 7};
		mars_enter(&cs[i], address, walkers[i].x, walkers[i].y);
		while (n_inside <= i) {
			poll_once(20);
			if (secs_since(t) > opt.timeout || count.error_stanzas) die("%d of %d are in the scene", n_inside, ncs);
		}
	}
	walk_for(opt.warm);
	uint64_t updates_before = updates, frames_before = frames;
	snap a = take_snap();
	measuring = 1;
	walk_for(opt.duration);
	measuring = 0;
	snap b = take_snap();
	double n = updates - updates_before, wall = (b.t - a.t) / 1e9, per = n ? 1e9 / n : 0;
	print_head();
	printf(",\"unit\":\"update\",\"rate\":%.0f,\"per_s\":%.0f,\"frames_per_s\":%.0f,\"in_sight\":%.1f,\"srv_ns_per_unit\":%.1f,\"gen_ns_per_unit\":%.1f,"
	       "\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"max_ms\":%.1f,",
	       opt.rate, n / wall, (frames - frames_before) / wall, n / wall / opt.rate / ncs, srv_cpu_s(&a, &b) * per, (b.self - a.self) * per,
	       hist_ms(&age, .5), hist_ms(&age, .99), age.max / 1e6);
	print_window(&a, &b);
	int status = print_tail(n ? 0 : 1, 0);
	close_all();
	return status;
}
