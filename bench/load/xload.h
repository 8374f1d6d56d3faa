/* What the files of the load generator share. One thread, one epoll: nothing here needs a lock. */
#ifndef XLOAD_H
#define XLOAD_H
#include <openssl/ssl.h>
#include <stdint.h>

/* ---- options.c: the command line; README.md explains every option */
typedef struct options {
	const char *mode, *host, *domain, *muc, *user, *pass, *mech, *ws_path, *room, *label, *resource, *keys, *back;
	int port, starttls, directtls, ws, mars, no_reply, bare, hide;
	int sessions, offset, window, body, conc, links, srcs, contacts, pid;
	double rate, presence_rate, warm, duration, settle, interval, timeout;
} options;
extern options opt;
void parse_options(int argc, char **argv);
const char *transport_name(void);

/* ---- measure.c: clocks, histograms, CPU and memory from /proc */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
uint64_t now_ns(void);
double unix_ms(void);
double secs_since(uint64_t t);

/* 64 linear sub-buckets per power of two: percentiles are exact to 3 % */
typedef struct hist {
	uint64_t n, max;
	uint32_t b[64 * 64];
} hist;
void hist_add(hist *h, uint64_t ns);
void hist_merge(hist *into, const hist *h);
double hist_ms(const hist *h, double percentile);

/* the server's process tree */
typedef struct tree {
	uint64_t ticks;
	long rss_kb, anon_kb;
} tree;
typedef struct snap {
	uint64_t t, busy, steal;
	tree srv;
	double self;
} snap;
snap take_snap(void);
double srv_cpu_s(const snap *a, const snap *b);
/* prints the JSON members about the time between two snapshots: wall time, CPU of server, generator and others, memory */
void print_window(const snap *a, const snap *b);

/* ---- connection.c: sockets, TLS and the event loop */
enum state { S_OFF, S_TCP, S_HTTP, S_OPEN1, S_STARTTLS, S_TLS, S_AUTH, S_CHAL, S_OPEN2, S_BIND, S_ROSTER, S_READY, S_REG, S_CLOSING };
typedef struct conn {
	int fd, idx, state, ep, gen, contacts, joined, done;
	uint32_t handled; /* stanzas since stream management was enabled (XEP-0198 §4); the latest request in Mars */
	uint8_t tls, tlsing;
	char *rb, *wb; /* allocated only while something is incomplete */
	int rlen, wlen, woff, wcap;
	SSL *ssl;
	char *scram; /* client-first-message-bare */
	uint64_t t0;
	char *frag; /* fragments of one WebSocket message */
	int fraglen;
} conn;
typedef struct counters {
	int ready, pending, failures;
	uint64_t error_stanzas, disconnects, stanzas_in;
} counters;
extern conn *cs;
extern int ncs;
extern counters count;
extern uint64_t next_timer; /* when poll_once has to return at the latest, ns; 0 for never */

void connections_init(int n);
void conn_start(conn *c);
void conn_close(conn *c);
void put(conn *c, const char *p, int n);
void fail(conn *c, const char *why, const char *s, int n);
void start_tls(conn *c);
void tls_step(conn *c);
void poll_once(int max_ms);
void run_for(double seconds);

/* ---- framing.c: XML streams (RFC 6120) and WebSocket messages (RFC 7395) cut into stanzas */
int consume(conn *c, char *bytes, int n);
void send_stanza(conn *c, const char *p, int n);
void sendf(conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void stream_open(conn *c);
void stream_end(conn *c);
const char *find(const char *s, int n, const char *needle);
/* an attribute of the stanza's own start tag */
int attr(char *s, int n, const char *name, char **value, int *length);
int attr_is(char *s, int n, const char *name, const char *value);

/* ---- mars.c: the same for game clients */
void mars_open(conn *c);
void mars_chat(conn *c, const char *to, const char *id, const char *text, int n);
void mars_end(conn *c);
void mars_enter(conn *c, const char *scene, float x, float y);
void mars_move(conn *c, const char *scene, float x, float y, float speed);
int mars_consume(conn *c, char *bytes, int n);

/* ---- login.c: STARTTLS, SASL, bind, roster, presence; in-band registration */
const char *user_name(int i);
int b64enc(const void *in, int n, char *out);
/* the messages of PLAIN and SCRAM (RFC 4616, RFC 5802), not encoded: their lengths; -1 for a challenge that is none */
int plain_message(conn *c, char *out, int size);
int scram_first(conn *c, char *out, int size);
int scram_final(conn *c, char *challenge, char *out, int size);
void login_init(void);
void login_stanza(conn *c, char *s, int n);
void keys_save(void);
void bring_up(int n);
void session_begin(conn *c);
void session_ready(conn *c);

/* ---- traffic.c: what sessions send each other, counted and timed */
typedef struct flow {
	const char *unit;
	void (*send)(struct flow *f, uint64_t scheduled);
	int copies;    /* deliveries that one sending causes */
	int window;    /* without a rate: sendings under way */
	double rate;   /* sendings a second; 0 keeps the window full */
	uint64_t next; /* when the next one is due at a rate */
	int cursor;
	uint64_t sent, received, outstanding;
	uint64_t forgotten, unexpected; /* deliveries given up after a stall, and more than were sent */
	hist latency;
} flow;
extern flow chat_flow, muc_flow, presence_flow;
extern uint64_t stalls;
extern uint64_t contacts_seen; /* available presence of others, in phase RETURNING */
extern uint64_t notices; /* messages of the server to its users */
extern double last_notice_ms; /* since 1970 */
enum phase { QUIET, TRAFFIC, SUBSCRIBING, JOINING, RETURNING };
extern enum phase phase;
extern int measuring;

void traffic_init(void);
void traffic_add(flow *f);
void traffic_for(double seconds);
/* waits for what is under way; what has not come then counts as lost */
uint64_t traffic_settle(double max_seconds);
void on_stanza(conn *c, char *s, int n);
/* a message that may carry a time stamp */
void chat_delivered(char *s, int n);
/* the same for what so many get at once */
void flow_delivered(flow *f, char *s, int n, int copies);
void complain(const char *what, const char *s, int n);
/* subscribes everybody both ways to the rest of a group of contacts + 1; the number of rosters that lacked something */
int incomplete_rosters(void);
void subscribe_groups(void);
/* returns when the last stanza came */
uint64_t quiet_for(double seconds, double max_seconds);

/* ---- storm.c: SASL2 with a token or to an earlier session; everybody comes back at once */
void sasl2_begin(conn *c, const char *mech, const char *response);
void sasl2_end(conn *c, char *s, int n);
int wants_token(void);
int has_token(const conn *c);
void token_auth(conn *c);
int storm(void);

/* ---- rooms.c: rooms of XEP-0045 */
int muc(void);
int enter(void);
int burst(void);
void on_room_presence(conn *c, char *s, int n);
void on_room_answer(char *s, int n);

/* ---- scene.c: scenes, by game clients */
int scene(void);
void scene_entered(conn *c);
void scene_frame(void);
void scene_update(float speed);

/* ---- routers.c: users behind the links of game servers */
int routed(void);

/* ---- modes.c: main, and what login hears of its connections */
void groups_ready(void);
int traffic(flow *f);
void close_all(void);
void print_head(void);
int print_tail(uint64_t lost, uint64_t unexpected);
void on_ready(conn *c);
void on_closed(conn *c);
#endif
