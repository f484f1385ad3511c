/*
** verbs.h: what a layer says of its lengths and of the layer above, as a flat program of loads. Layouts
** whose placed fields alone say it have one; the others are walked over.
*/
#ifndef pktcraft_verbs_h
#define pktcraft_verbs_h

#include <stddef.h>
#include <stdint.h>

#include "layout.h"


/* A condition: always, one range of one number, or any. */
typedef struct pk_Guard {
  uint32_t how; /* PK_GUARD_... */
  uint32_t negate;
  pk_Load load;
  uint64_t min, span; /* the range is min to min + span */
  const pk_Cond *cond;
} pk_Guard;

enum { PK_GUARD_ALWAYS, PK_GUARD_RANGE, PK_GUARD_COND };

/* A length in bytes: load * unit + bias, unless the guard or `open` says that there is none. */
typedef struct pk_Length {
  pk_Load load;
  int64_t unit, bias;
  uint64_t open; /* a value that no load gives: never */
  pk_Guard guard;
} pk_Length;

/* What names the upper layer. */
typedef struct pk_Namer {
  pk_Load load;
  uint32_t space; /* its hash */
  pk_Guard guard;
} pk_Namer;

/* Bounds of a number, as a value less `min` and no more than `span`. */
typedef struct pk_Bound {
  pk_Load load;
  uint64_t min, span;
} pk_Bound;

#define PK_VERBS_MAXBOUNDS 4

/* What a program has. */
enum {
  PK_HAS_WHEN = 1, PK_HAS_FOLLOW = 2, PK_HAS_NEXT = 4, PK_HAS_HINT = 8, PK_HAS_TOTAL = 16, PK_HAS_HEADER = 32,
  PK_HAS_PAYLOAD = 64
};

typedef struct pk_Verbs {
  uint32_t reach;  /* bytes from the layer's begin that have to be there for all loads */
  uint32_t prefix; /* bytes of its fixed fields */
  uint32_t has;    /* PK_HAS_... */
  pk_Namer next, hint;
  pk_Length total, header, payload;
  pk_Guard when, follow, fragment;
  pk_Bound bounds[PK_VERBS_MAXBOUNDS];
  uint32_t nbounds;
} pk_Verbs;

/* Makes the loads of the layout's fields, and its program. 1, or 0: it has to be walked over. */
int pk_verbs_make (pk_Layout *l, pk_Verbs *verbs);

/* Whether the program can run on the layer that begins at `start`. */
static inline int pk_verbs_reach (const pk_Verbs *v, size_t start, size_t limit, size_t captured) {
  const size_t have = limit < captured ? limit : captured;
  return v != NULL && start <= have && v->reach <= have - start;
}

/* Any condition on fields that can be loaded. */
int pk_verbs_cond (const uint8_t *p, const pk_Cond *c);

/* Loads a number of a program: all are in network order. */
static inline uint64_t pk_verbs_load (const uint8_t *p, const pk_Load *l) {
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t v;
  memcpy(&v, p + l->byte, sizeof(v));
  return __builtin_bswap64(v) >> l->shift & l->mask;
#else
  return pk_load(p, l);
#endif
}

static inline int pk_verbs_holds (const uint8_t *p, const pk_Guard *g) {
  if (g->how == PK_GUARD_ALWAYS) return 1;
  if (g->how == PK_GUARD_RANGE) return (pk_verbs_load(p, &g->load) - g->min <= g->span) != g->negate;
  return pk_verbs_cond(p, g->cond);
}

/* 1 with a length of those that the program has; 0: none is said. */
static inline int pk_verbs_length (const uint8_t *p, const pk_Length *v, int64_t *length) {
  uint64_t value;
  if (!pk_verbs_holds(p, &v->guard)) return 0;
  value = pk_verbs_load(p, &v->load);
  *length = (int64_t)value * v->unit + v->bias;
  return value != v->open;
}

/*
** Where the payload begins and ends, of a layer at `start` whose region ends at `limit`; its fixed fields
** lie inside.
*/
static inline void pk_verbs_payload (const pk_Verbs *v, const uint8_t *p, size_t *start, size_t *limit) {
  const int64_t prefix = v->prefix;
  int64_t room = (int64_t)(*limit - *start), at = prefix, length;
  if ((v->has & PK_HAS_TOTAL) && pk_verbs_length(p, &v->total, &length) && length <= room)
    room = length > prefix ? length : prefix;
  if ((v->has & PK_HAS_HEADER) && pk_verbs_length(p, &v->header, &length) && length > prefix)
    at = length <= room ? length : room;
  if ((v->has & PK_HAS_PAYLOAD) && pk_verbs_length(p, &v->payload, &length) && length <= room - at)
    room = at + (length > 0 ? length : 0);
  *limit = *start + (size_t)room;
  *start += (size_t)at;
}

#endif
