/*
** packet.h: the layers of a frame. Dissection reads, allocates nothing, and ends after PK_PACKET_MAXDEPTH
** steps whatever the bytes are.
*/
#ifndef packet_h
#define packet_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "bind.h"
#include "walk.h"

#define PK_PACKET_MAXDEPTH 32

enum {
  PK_LAYER_CUT = 1,        /* the captured bytes end before its header does */
  PK_LAYER_INCOMPLETE = 2, /* it goes on past what is here, rightly: in a fragment, in a quoted packet */
  PK_LAYER_MALFORMED = 4,
  PK_LAYER_QUOTED = 8,     /* part of a packet that another quotes: never fixed nor verified */
  PK_LAYER_PART = 16       /* of a fragment: sums cannot be verified */
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

typedef struct pk_Packet {
  pk_Span span;
  size_t wirelen;
  uint32_t nlayers;
  uint32_t full; /* the layers are measured; else only their layout, start and limit are known */
  pk_Layer layers[PK_PACKET_MAXDEPTH];
} pk_Packet;

/*
** Finds the layers of `len` captured bytes of a frame that had `wirelen` on the wire (no less is taken
** than `len`), the first being `first` (NULL: none).
*/
PK_API void pk_packet_dissect (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes,
                               size_t len, size_t wirelen);

/* Finds the same layers, but of each only layout, start and limit: in half the time. */
PK_API void pk_packet_find (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes,
                            size_t len, size_t wirelen);

/* The `n`-th layer (from 1 on) of that layout, or NULL. */
PK_API const pk_Layer *pk_packet_layer (const pk_Packet *p, const pk_Layout *l, uint32_t n);

/* Begins a walk over the fields of a layer. */
static inline void pk_packet_walk (pk_Packet *p, const pk_Layer *layer, pk_Walk *w) {
  p->span.message = layer->start;
  pk_walk_begin(w, layer->layout, NULL, &p->span, (uint64_t)layer->start * 8, layer->limit);
}

/* The captured part of what no layer claims: the payload of the innermost one. */
PK_API void pk_packet_payload (const pk_Packet *p, size_t *begin, size_t *end);

/* The captured bytes after the end of the outermost layer that ends before its region does. */
PK_API void pk_packet_padding (const pk_Packet *p, size_t *begin, size_t *end);

#endif
