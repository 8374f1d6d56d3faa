/* Frames of the Mars protocol and fields of their bodies (proto/tharsis.proto) */
#ifndef MARS_H
#define MARS_H
#include "xload.h"

enum { HEADER = 20 };
enum command {
	HELLO = 1000, AUTH = 1001, LOGOUT = 1003, MESSAGE = 1010, ACK = 1011, PRESENCE = 1012, ROSTER = 1014, SCENE = 1030, SCENE_MOVE,
	ROUTER_LOGIN = 1050,
	STANZA = 1100, KICK = 1101, ACK_REQUEST = 1104, BATCH = 1105, STREAM_ERROR = 1106, MULTI_PUSH = 1110,
};
/* of Body */
enum {
	F_ID = 1, F_TO = 2, F_FROM = 3, F_TYPE = 4, F_ERROR = 6, F_SM_SEQ = 7, F_SM_ACK = 8, F_UID = 14, F_NO_REPLY = 15, F_HELLO = 20, F_AUTH = 22,
	F_AUTH_RESULT = 23, F_MESSAGE = 30, F_PRESENCE = 33, F_ROSTER = 35, F_SCENE = 50, F_SCENE_RESULT, F_SCENE_MOVE, F_SCENE_MOVES,
	F_ROUTER_LOGIN = 70, F_BATCH = 100, F_MULTI_PUSH = 104,
};

/* as bench/routers.yaml has them */
#define ROUTER_NAME "bench"
#define ROUTER_SECRET "of this machine, for as long as it is measured"

char *bytes_field(char *p, int number, const char *v, int n);
char *text_field(char *p, int number, const char *v);
char *number_field(char *p, int number, uint32_t v);
/* the body is already behind the header */
void send_frame(conn *c, enum command cmdid, char *frame, char *end);
/* the next field: its number, and either a number n or the bytes at v; 0 at the end and for what is none */
int next_field(const char **p, const char *e, unsigned *number, uint64_t *n, const char **v);
/* the last field with this number and a length; 0 when there is none */
int field(const char *p, int n, unsigned number, const char **v, int *vn);

/* routers.c */
void router_frame(conn *c, enum command cmdid, uint32_t seq, const char *b, int n);
#endif
