/*
** lpcapsieve.h: an expression that is asked of the frames of a capture, in C, as they are read.
*/
#ifndef lpcapsieve_h
#define lpcapsieve_h

#include <lua.h>

#include "lfilter.h"
#include "lpcapmod.h"

/* The filter is kept by whoever has the sieve. */
typedef struct Sieve {
  Filter *filter;
  const Binds *base; /* the registry's */
  /* What `state` is of; NULL: it takes no such frames. */
  const Binds *binds;
  unsigned version;
  const uint32_t *counter; /* of the filter's states, */
  uint32_t epoch;          /* and what it said */
  uint32_t linktype;
  pk_FilterState *state;
  int pending; /* the frame that was read has not been asked */
  int patience; /* so many frames are asked before frames are passed again: where most are taken that costs more */
  pk_FilterFrame frame;
} Sieve;

/* What lpcap_nextwanted gives when lsieve_aim is to be called, and it again. */
#define SIEVE_AIM (-3)

/* How many frames are passed in C at most before Lua has a say: an interrupt may have come. */
#define SIEVE_MOST 200000

void lsieve_begin (Sieve *s, Filter *f, const Binds *base);

/* [-0, +0, e] Makes it ready for frames like the one that was read last, which stays: nothing here runs Lua. */
void lsieve_aim (lua_State *L, Sieve *s, const Capture *c);

/* Whether `state` is what it has to be. */
static inline int lsieve_isaimed (const Sieve *s, const Capture *c) {
  const Binds *binds = c->binds != NULL ? c->binds : s->base;
  return s->binds == binds && s->version == binds->version && s->filter->filter != NULL && s->epoch == *s->counter;
}

/* Asks of the frame that was read last: 1 or 0. */
static inline int lsieve_ask (Sieve *s, const Capture *c) {
  if (s->state == NULL) return 0;
  s->frame.bytes = (const uint8_t *)c->frame.data;
  s->frame.len = c->frame.caplen;
  s->frame.wirelen = c->frame.wirelen;
  s->frame.time = c->frame.time;
  s->frame.number = c->reader.frames;
  s->frame.interface = c->frame.interface + 1;
  return pk_filter_match(s->state, &s->frame);
}

/* Whether the frame that was read last is taken: 1 or 0; or SIEVE_AIM. Raises nothing, and runs no Lua. */
static inline int lsieve_takes (Sieve *s, const Capture *c) {
  return s->linktype == c->frame.linktype && lsieve_isaimed(s, c) ? lsieve_ask(s, c) : SIEVE_AIM;
}

/*
** Reads on to the next frame that a sieve (NULL: any) takes: as pk_reader_next, or SIEVE_AIM. Now and then it gives
** PK_INTERRUPTED though no signal came.
*/
static inline int lpcap_nextwanted (Capture *c, Sieve *s) {
  int n = SIEVE_MOST, got, aimed;
  if (s == NULL) return pk_reader_next(&c->reader, &c->frame);
  aimed = lsieve_isaimed(s, c); /* and stays so: no Lua runs */
  for (; n > 0; n--) {
    if (s->patience > 0)
      s->patience--;
    else if (aimed && !s->pending && s->state != NULL && s->linktype == c->reader.linktype) {
      const int skipped = (int)pk_reader_skip(&c->reader, pk_filter_rejects, s->state, (uint32_t)n - 1);
      n -= skipped;
      if (skipped == 0) s->patience = 7;
    }
    if (!s->pending && (got = pk_reader_next(&c->reader, &c->frame)) <= 0) return got;
    s->pending = 0;
    if (!aimed || s->linktype != c->frame.linktype) {
      s->pending = 1;
      return SIEVE_AIM;
    }
    if (lsieve_ask(s, c)) return 1;
  }
  return PK_INTERRUPTED;
}

/*
** [-0, +0, v] The filter at `arg` (nothing, a function of the packet, BPF, or an expression, which becomes a
** filter in its place): 1 when it is an expression.
*/
int lsieve_check (lua_State *L, int arg);

#endif
