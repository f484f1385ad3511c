/*
** packet.h: the layers of a frame. Dissection reads, allocates nothing, and ends after PK_PACKET_MAXDEPTH
** steps whatever the bytes are.
*/
#ifndef pktcraft_packet_h
#define pktcraft_packet_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "bind.h"
#include "walk.h"

PK_BEGIN

#define PK_PACKET_MAXDEPTH 32

enum {
  PK_LAYER_CUT = 1,        /* the captured bytes end before its header does */
  PK_LAYER_INCOMPLETE = 2, /* it goes on past what is here, rightly: in a fragment, in a quoted packet */
  PK_LAYER_MALFORMED = 4,
  PK_LAYER_QUOTED = 8,     /* part of a packet that another quotes: never fixed nor verified */
  PK_LAYER_PART = 16,      /* of a fragment: sums cannot be verified */
  PK_LAYER_STREAM = 32     /* of a stream: a piece of it may hold a piece of a message */
};

/* A layer: bytes of the frame. start <= hdrend <= payend <= end <= limit, none past the wire's length. */
typedef struct pk_Layer {
  const pk_Layout *layout;
  size_t start;  /* its first byte */
  size_t hdrend; /* where its payload begins */
  size_t payend; /* and ends */
  size_t end;    /* where the layer ends; up to `limit` is its tail */
  size_t limit;  /* of the region that it was given */
  uint8_t flags; /* PK_LAYER_... */
  uint8_t wrong; /* PK_WRONG_... of walk.h */
} pk_Layer;

/* How much is known of a packet. */
typedef enum pk_Known {
  PK_KNOWN_ALL,   /* its layers are measured */
  PK_KNOWN_PLACE, /* all layers are found, but of each only layout, start and limit */
  PK_KNOWN_LAST,  /* the same of some; what stands above the last has not been looked for */
  PK_KNOWN_NEXT,  /* the same of some; `upper` or `hint` is the next, if it is there */
  PK_KNOWN_SHAPE, /* its shape, which says what its first layers are */
  PK_KNOWN_NONE   /* nothing has been looked for */
} pk_Known;

/* What is learnt of what frames look like, which makes layers of the next ones found sooner: see shape.h. */
typedef struct pk_Shapes pk_Shapes;

/* For one packet; NULL: no memory. They are freed after it. */
PK_API pk_Shapes *pk_shapes_new (void);
PK_API void pk_shapes_free (pk_Shapes *s);

/* Nothing is known any more. */
PK_API void pk_shapes_clear (pk_Shapes *s);

typedef struct pk_Packet {
  pk_Span span;
  size_t wirelen;
  uint32_t nlayers;
  pk_Known known;
  pk_BindSlot first;
  /* While more may be found: */
  const pk_BindSlot *upper, *hint;
  size_t start, limit; /* of the last layer, or of the next */
  uint64_t reach;      /* the bits of the layouts that may be found yet */
  int depth;
  const struct pk_Shape *shape;
  pk_Shapes *shapes; /* of the caller's, who has many frames; or NULL */
  pk_Layer layers[PK_PACKET_MAXDEPTH];
} pk_Packet;

/*
** Finds the layers of `len` captured bytes of a frame that had `wirelen` on the wire (no less is taken
** than `len`), the first being `first` (NULL: none).
*/
PK_API void pk_packet_dissect (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes,
                               size_t len, size_t wirelen);

/* The same, but no further than to the first layer that carries a stream. */
PK_API void pk_packet_tostream (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes,
                                size_t len, size_t wirelen);

/* To be called before the first frame, and where frames begin with another layer or the bindings are others. */
static inline void pk_packet_init (pk_Packet *p, pk_Shapes *shapes) {
  p->nlayers = 0;
  p->known = PK_KNOWN_ALL;
  p->span.trace = NULL;
  p->first.reach = UINT64_MAX;
  p->shapes = shapes;
  if (shapes != NULL) pk_shapes_clear(shapes);
}

/* As pk_packet_dissect, but no layer is looked for before it is asked for. */
static inline void pk_packet_begin (pk_Packet *p, const pk_Layout *first, const uint8_t *bytes, size_t len,
                                    size_t wirelen) {
  p->span.bytes = bytes;
  p->span.len = len;
  p->wirelen = wirelen > len ? wirelen : len;
  p->first.layout = first;
  p->nlayers = 0;
  p->known = PK_KNOWN_NONE;
}

/*
** The first layer of that layout, or NULL: of a packet that has been begun, it finds no more layers than
** it has to. A NULL layout finds all.
*/
PK_API const pk_Layer *pk_packet_seek (pk_Packet *p, const pk_Bindings *b, const pk_Layout *l);

/* The `n`-th (from 1 on) layer of that layout among those that have been found, or NULL. */
static inline const pk_Layer *pk_packet_layer (const pk_Packet *p, const pk_Layout *l, uint32_t n) {
  const pk_Layer *layer = p->layers, *end = layer + p->nlayers;
  for (; layer < end; layer++)
    if (layer->layout == l && --n == 0) return layer;
  return NULL;
}

/* Begins a walk over the fields of a layer. */
static inline void pk_packet_walk (pk_Packet *p, const pk_Layer *layer, pk_Walk *w) {
  p->span.message = layer->start;
  pk_walk_begin(w, layer->layout, NULL, &p->span, (uint64_t)layer->start * 8, layer->limit);
}

/* The captured part of what no layer claims: the payload of the innermost one. */
PK_API void pk_packet_payload (const pk_Packet *p, size_t *begin, size_t *end);

/* The captured bytes after the end of the outermost layer that ends before its region does. */
PK_API void pk_packet_padding (const pk_Packet *p, size_t *begin, size_t *end);

PK_END

#endif
