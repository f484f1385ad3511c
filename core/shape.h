/*
** shape.h: frames that begin alike. Most frames of a capture have few shapes: Ethernet, IPv4 without options
** and TCP, say. A shape is what of a frame had to be read to find its first layers; where a frame has the same
** bits there, it has the same layers, and only lengths are read anew.
*/
#ifndef pktcraft_shape_h
#define pktcraft_shape_h

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "packet.h"
#include "verbs.h"

#define PK_SHAPES 16
#define PK_SHAPE_MAXLAYERS 6
#define PK_SHAPE_MAXWINDOWS 8

/* Eight bytes of the frame, as they lie in memory, and what some of their bits have to be. */
typedef struct pk_Window {
  size_t off;
  uint64_t mask, value;
  int nonzero; /* instead: one of the bits is set; never of the first two */
} pk_Window;

/* A layer; its region ends where the one below says. */
typedef struct pk_ShapeLayer {
  const pk_Layout *layout;
  size_t start, end;                /* where it begins, and which bytes have to lie in its region */
  size_t prefix, header;            /* bytes of its fixed fields, and to its payload */
  const pk_Length *total, *payload; /* lengths that are read anew, or NULL */
  int lengths;                      /* there are any */
  int64_t room;                     /* bytes from its begin that the layers above have to find */
} pk_ShapeLayer;

typedef struct pk_Shape {
  uint32_t nlayers, nwindows;
  size_t need; /* bytes that have to be captured */
  uint64_t may; /* the bits of its layers, and of those that may stand above */
  pk_Window windows[PK_SHAPE_MAXWINDOWS];
  pk_ShapeLayer layers[PK_SHAPE_MAXLAYERS];
  /* What is then known: see packet.h. */
  int known;
  size_t start;
  uint64_t reach;
  const pk_BindSlot *upper;
} pk_Shape;

/* How a shape is recognised: close together, since all frames come by. */
typedef struct pk_ShapeTest {
  pk_Window windows[2]; /* its first two */
  uint32_t need;        /* bytes that have to be captured */
  uint32_t more;        /* it has more windows */
  uint32_t hits;
  pk_Shape *shape;
  void *special;        /* the caller's; NULL when it is learnt */
} pk_ShapeTest;

/* True of one first layer and one set of bindings. All zeros: none is known. */
struct pk_Shapes {
  uint32_t misses;
  uint32_t used;                 /* of `tests`: shapes that are known, */
  pk_ShapeTest tests[PK_SHAPES]; /* the frequent ones first */
  pk_Shape shapes[PK_SHAPES];
};

/* Moves a test before the one before it, if that is rarer; returns where it is. */
pk_ShapeTest *pk_shapes_turn (pk_Shapes *s, pk_ShapeTest *t);

/* Whether its further windows are right. */
int pk_shape_fits (const pk_Shape *s, const uint8_t *bytes);

/* Eight bytes as they lie in memory. */
static inline uint64_t pk_window_load (const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof(v));
  return v;
}

/* What of a window is other than in frames of the shape. */
static inline uint64_t pk_window_other (const pk_Window *w, const uint8_t *bytes) {
  return (pk_window_load(bytes + w->off) & w->mask) ^ w->value;
}

/* Whether both windows of a test are right. */
static inline int pk_shapetest_fits (const pk_ShapeTest *t, const uint8_t *bytes) {
  return (pk_window_other(&t->windows[0], bytes) | pk_window_other(&t->windows[1], bytes)) == 0;
}

/*
** The test of the shape of a frame of `len` bytes, if it is known; or NULL. Both windows are looked at before the
** one branch that the frame decides: what it cannot predict costs more than the loads.
*/
static inline pk_ShapeTest *pk_shapes_match (pk_Shapes *s, const uint8_t *bytes, size_t len) {
  pk_ShapeTest *t = s->tests, *end = t + s->used;
  for (; t < end; t++) {
    if (t->need > len || !pk_shapetest_fits(t, bytes)) continue;
    if (t->more && !pk_shape_fits(t->shape, bytes)) continue;
    if ((++t->hits & 63) == 0 && t > s->tests) t = pk_shapes_turn(s, t);
    return t;
  }
  return NULL;
}

/*
** Puts the layers of its shape into a packet. 0: a length is too short for them, and the frame has to be
** looked at.
*/
int pk_shape_put (const pk_Shape *s, pk_Packet *p);

/* The same where it takes more to tell. */
int pk_shape_narrows (const pk_Shape *s, const uint8_t *bytes, size_t wirelen);

/* Whether its lengths leave room for its layers, in a frame of that shape with so many bytes on the wire. */
static inline int pk_shape_holds (const pk_Shape *s, const uint8_t *bytes, size_t wirelen) {
  const pk_ShapeLayer *l = s->layers, *end = l + s->nlayers;
  int64_t length;
  for (; l < end; l++) {
    if (!l->lengths) continue;
    if (l->total != NULL && pk_verbs_length(bytes + l->start, l->total, &length) && length < l->room) break;
    if (l->payload != NULL && pk_verbs_length(bytes + l->start, l->payload, &length) && length < l->room - (int64_t)l->header)
      break;
  }
  return l == end || pk_shape_narrows(s, bytes, wirelen);
}

/* Whether the next frame without a known shape is to be learnt. */
int pk_shapes_due (const pk_Shapes *s);

/* Learns the shape of a packet whose layers have been sought, now and then. */
void pk_shapes_learn (pk_Shapes *s, const pk_Packet *p, const pk_Bindings *b);

#endif
