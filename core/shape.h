/*
** shape.h: frames that begin alike. Most frames of a capture have few shapes: Ethernet, IPv4 without options
** and TCP, say. A shape is what of a frame had to be read to find its first layers; where a frame has the same
** bits there, it has the same layers, and only lengths are read anew.
*/
#ifndef shape_h
#define shape_h

#include <stddef.h>
#include <stdint.h>

#include "verbs.h"

#define PK_SHAPES 8
#define PK_SHAPE_MAXLAYERS 6
#define PK_SHAPE_MAXWINDOWS 8

struct pk_Packet;
struct pk_Bindings;

/* Eight bytes of the frame, in network order, and what some of their bits have to be. */
typedef struct pk_Window {
  size_t off;
  uint64_t mask, value;
} pk_Window;

/* A layer; its region ends where the one below says. */
typedef struct pk_ShapeLayer {
  const pk_Layout *layout;
  size_t start, end;                /* where it begins, and which bytes have to lie in its region */
  size_t prefix, header;            /* bytes of its fixed fields, and to its payload */
  const pk_Length *total, *payload; /* lengths that are read anew, or NULL */
  int lengths;                      /* there are any */
} pk_ShapeLayer;

typedef struct pk_Shape {
  uint32_t nlayers, nwindows;
  uint32_t born; /* another one for each that is learnt */
  uint64_t hits;
  size_t need; /* bytes that have to be captured */
  uint64_t may; /* the bits of its layers, and of those that may stand above */
  pk_Window windows[PK_SHAPE_MAXWINDOWS];
  pk_ShapeLayer layers[PK_SHAPE_MAXLAYERS];
  /* What is then known: see packet.h. */
  int known;
  size_t start;
  uint64_t reach;
  const struct pk_BindSlot *upper;
} pk_Shape;

/* True of one first layer and one set of bindings. All zeros: none is known. */
typedef struct pk_Shapes {
  uint32_t misses;
  uint32_t used;              /* shapes in `order` */
  pk_Shape *order[PK_SHAPES]; /* those that are known, the frequent ones first */
  pk_Shape shapes[PK_SHAPES];
} pk_Shapes;

/* The shape of a frame of `len` bytes, if it is known; or NULL. */
pk_Shape *pk_shapes_match (pk_Shapes *s, const uint8_t *bytes, size_t len);

/*
** Puts the layers of its shape into a packet. 0: a length is too short for them, and the frame has to be
** looked at.
*/
int pk_shape_put (const pk_Shape *s, struct pk_Packet *p);

/* Whether its lengths leave room for its layers, in a frame of so many bytes on the wire. */
int pk_shape_holds (const pk_Shape *s, const uint8_t *bytes, size_t wirelen);

/* Whether the next frame without a known shape is to be learnt. */
int pk_shapes_due (const pk_Shapes *s);

/* Learns the shape of a packet whose layers have been sought, now and then. */
void pk_shapes_learn (pk_Shapes *s, const struct pk_Packet *p, const struct pk_Bindings *b);

#endif
