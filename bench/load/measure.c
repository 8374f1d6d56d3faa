/* Clocks, a latency histogram, and from /proc: CPU and memory of the server's process tree and of the machine. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "xload.h"

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* milliseconds since 1970, to compare with other processes */
double unix_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
double secs_since(uint64_t t) { return (now_ns() - t) / 1e9; }

void die(const char *f, ...)
{
	va_list a;
	va_start(a, f);
	fprintf(stderr, "xload: ");
	vfprintf(stderr, f, a);
	fprintf(stderr, "\n");
	va_end(a);
	exit(1);
}

void hist_add(hist *h, uint64_t v)
{
	int e = v < 64 ? 0 : 63 - __builtin_clzll(v) - 5;
	int i = e * 64 + (int)((v >> e) & 63);
	if (i >= 64 * 64) i = 64 * 64 - 1;
	h->b[i]++, h->n++;
	if (v > h->max) h->max = v;
}

void hist_merge(hist *into, const hist *h)
{
	for (int i = 0; i < 64 * 64; i++) into->b[i] += h->b[i];
	into->n += h->n;
	if (h->max > into->max) into->max = h->max;
}

double hist_ms(const hist *h, double percentile)
{
	uint64_t want = (uint64_t)(percentile * (double)h->n), c = 0;
	for (int i = 0; i < 64 * 64; i++) {
		c += h->b[i];
		if (c > want) return (double)((uint64_t)(i % 64) << (i / 64)) / 1e6;
	}
	return (double)h->max / 1e6;
}

/* the process `root` and all its descendants: a launcher may be a shell, a server may fork */
static tree tree_stat(int root)
{
	tree t = {0};
	if (!root) return t;
	static int pid[65536], ppid[65536];
	static uint64_t tk[65536];
	int n = 0;
	DIR *d = opendir("/proc");
	struct dirent *e;
	while (d && (e = readdir(d)) && n < 65536) {
		if (!isdigit((unsigned char)e->d_name[0])) continue;
		char path[300], buf[1024];
		snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
		int fd = open(path, O_RDONLY);
		if (fd < 0) continue;
		int r = read(fd, buf, sizeof buf - 1);
		close(fd);
		if (r <= 0) continue;
		buf[r] = 0;
		char *p = strrchr(buf, ')');
		unsigned long ut = 0, st = 0;
		int pp = 0;
		if (!p || sscanf(p + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &pp, &ut, &st) != 3) continue;
		pid[n] = atoi(e->d_name), ppid[n] = pp, tk[n] = ut + st, n++;
	}
	if (d) closedir(d);
	static char in[65536];
	memset(in, 0, sizeof in);
	for (int changed = 1; changed;) {
		changed = 0;
		for (int i = 0; i < n; i++) {
			if (in[i]) continue;
			int yes = pid[i] == root;
			for (int j = 0; !yes && j < n; j++) yes = in[j] && pid[j] == ppid[i];
			if (yes) in[i] = 1, changed = 1;
		}
	}
	for (int i = 0; i < n; i++) {
		if (!in[i]) continue;
		t.ticks += tk[i];
		char path[64], line[256];
		snprintf(path, sizeof path, "/proc/%d/status", pid[i]);
		FILE *f = fopen(path, "r");
		while (f && fgets(line, sizeof line, f)) {
			long v;
			if (sscanf(line, "VmRSS: %ld", &v) == 1) t.rss_kb += v;
			if (sscanf(line, "RssAnon: %ld", &v) == 1) t.anon_kb += v;
		}
		if (f) fclose(f);
	}
	return t;
}

static uint64_t cpu_busy(uint64_t *steal)
{
	FILE *f = fopen("/proc/stat", "r");
	unsigned long long u = 0, n = 0, s = 0, id, io, hi = 0, si = 0, st = 0;
	if (f) {
		if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &u, &n, &s, &id, &io, &hi, &si, &st) < 8) st = 0;
		fclose(f);
	}
	*steal = st;
	return u + n + s + hi + si;
}

static double self_cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

snap take_snap(void)
{
	snap s;
	s.srv = tree_stat(opt.pid);
	s.self = self_cpu();
	s.busy = cpu_busy(&s.steal);
	s.t = now_ns();
	return s;
}

double srv_cpu_s(const snap *a, const snap *b) { return (double)(b->srv.ticks - a->srv.ticks) / sysconf(_SC_CLK_TCK); }

void print_window(const snap *a, const snap *b)
{
	double hz = sysconf(_SC_CLK_TCK), wall = (b->t - a->t) / 1e9, cpu = srv_cpu_s(a, b);
	double gen = b->self - a->self, busy = (b->busy - a->busy) / hz, steal = (b->steal - a->steal) / hz;
	double other = busy - gen - cpu;
	printf("\"wall_s\":%.3f,\"srv_cpu_s\":%.3f,\"srv_cpu_pct\":%.1f,\"gen_cpu_s\":%.3f,\"gen_cpu_pct\":%.1f,"
	       "\"other_cpu_pct\":%.1f,\"steal_pct\":%.1f,\"rss_kb\":%ld,\"rss_anon_kb\":%ld",
	       wall, cpu, 100 * cpu / wall, gen, 100 * gen / wall, 100 * (other < 0 ? 0 : other) / wall, 100 * steal / wall,
	       b->srv.rss_kb, b->srv.anon_kb);
}

