/*
** readdress.c: goes over all fields of all layers; no byte is changed twice.
*/
#include "readdress.h"

#include <assert.h>
#include <string.h>

#include "carry.h"

#define MAXDEPTH 24        /* structs and lists in each other */
#define MAXELEMENTS 100000 /* of all lists of a packet */

typedef struct Readdress {
  pk_Packet *p;
  uint8_t *bytes;
  pk_AddrMap *map;
  pk_Carry carry;
  int scrub;
  unsigned kinds; /* of addresses that are mapped */
  size_t done; /* bytes of this layer before it have been looked at */
  size_t header, seen; /* where its header ends, and the last field in it that was seen */
  size_t changed;
  uint32_t left; /* elements of lists */
} Readdress;

static void put_bytes (Readdress *r, size_t first, size_t last, const uint8_t *value) {
  size_t k = 0;
  if (value != NULL)
    k = memcmp(r->bytes + first, value, last - first) == 0;
  else
    for (k = first; k < last && r->bytes[k] == 0; k++) {}
  if (value != NULL ? k == 1 : k == last) return; /* as it is */
  pk_carry_before(&r->carry, r->bytes, first, last);
  if (value != NULL)
    memcpy(r->bytes + first, value, last - first);
  else
    memset(r->bytes + first, 0, last - first);
  pk_carry_after(&r->carry, r->bytes, first, last);
  r->changed++;
}

static void leaf (Readdress *r, const pk_Walk *w) {
  const pk_Field *f = w->field;
  const pk_AddressKind kind = f->codec != NULL ? f->codec->address : PK_ADDRESS_NONE;
  const size_t first = (size_t)(w->at / 8);
  size_t last = (size_t)((w->at + w->size) / 8);
  uint8_t value[PK_ADDRMAP_MAXBYTES];
  if ((w->at + w->size + 7) / 8 <= r->header) {
    const size_t end = (size_t)((w->at + w->size + 7) / 8);
    if (r->scrub && first > r->seen) put_bytes(r, r->seen, first, NULL); /* what no field has */
    if (end > r->seen) r->seen = end;
  }
  if (f->peek || w->at % 8 != 0 || first < r->done) return;
  if (last > r->p->span.len) last = r->p->span.len; /* of what was cut, those bytes that are here */
  if (last <= first) return;
  if (kind != PK_ADDRESS_NONE) {
    if ((r->kinds & 1u << kind) == 0 || w->size / 8 != pk_address_size(kind)) return;
    r->done = last;
    memset(value, 0, sizeof(value));
    memcpy(value, r->bytes + first, last - first);
    pk_addrmap_get(r->map, kind, value, value);
    put_bytes(r, first, last, value);
  }
  else if (r->scrub && f->kind == PK_STRING && f->acts == 0 && f->slot == 0) {
    r->done = last;
    put_bytes(r, first, last, NULL);
  }
}

static void go (Readdress *r, pk_Walk *w, int depth) {
  while (pk_walk_next(w)) {
    const pk_Field *f = w->field;
    if (pk_kind_isleaf((pk_Kind)f->kind))
      leaf(r, w);
    else if (depth < MAXDEPTH && (f->kind == PK_STRUCT || f->kind == PK_UNION)) {
      pk_Walk inner;
      pk_walk_begin(&inner, f->sub, w, w->span, w->at, w->end);
      go(r, &inner, depth + 1);
    }
    else if (depth < MAXDEPTH && f->kind == PK_ARRAY) {
      uint32_t n;
      for (n = 0; n < f->count && r->left > 0; n++, r->left--) {
        pk_Walk element;
        pk_walk_begin(&element, f->sub, w, w->span, w->at + (uint64_t)n * f->stride, w->limit);
        go(r, &element, depth + 1);
      }
    }
    else if (depth < MAXDEPTH && f->kind == PK_LIST) {
      pk_Walk element;
      pk_List list;
      pk_list_begin(&list, w);
      while (r->left > 0 && pk_list_next(&list, &element)) {
        r->left--;
        go(r, &element, depth + 1);
      }
    }
  }
}

static void zero (Readdress *r, size_t begin, size_t end) {
  if (end > r->p->span.len) end = r->p->span.len;
  if (begin < end) put_bytes(r, begin, end, NULL);
}

/* The layers that a frame's sender and receivers are told by: above the last one with ports there are none. */
static uint32_t network (const pk_Packet *p) {
  uint32_t k, all = p->nlayers, end;
  for (k = 0; k < all; k++) /* what is not what it should be says nothing */
    if (p->layers[k].wrong & PK_WRONG_VALUE) all = k;
  end = all;
  for (k = all; k-- > 0;) {
    const pk_Layout *l = p->layers[k].layout;
    if (l->roles == 3 || l->nlinks > 0) break;
    if (l->sport != NULL) end = k + 1;
  }
  return end;
}

/* Zeros for all that is no header or trailer of the first `n` layers. */
static void scrub_payload (Readdress *r, uint32_t n) {
  const pk_Layer *layers = r->p->layers;
  uint32_t k;
  zero(r, n > 0 ? layers[0].end : 0, r->p->span.len);
  for (k = 0; k < n; k++) {
    zero(r, layers[k].hdrend, k + 1 < n ? layers[k + 1].start : layers[k].payend);
    if (k + 1 < n) zero(r, layers[k + 1].end, layers[k].payend);
  }
}

static void go_layer (Readdress *r, const pk_Layer *layer) {
  pk_Walk w;
  if (!r->scrub && (layer->layout->addressed & r->kinds) == 0) return;
  r->done = r->seen = layer->start;
  r->header = layer->hdrend < r->p->span.len ? layer->hdrend : r->p->span.len;
  pk_packet_walk(r->p, layer, &w);
  go(r, &w, 0);
  /* What no field has: unknown bytes, or a part of an address whose end was cut off. */
  if ((layer->flags & PK_LAYER_CUT) && pk_addrmap_keyed(r->map))
    zero(r, r->seen, r->p->span.len);
  else if (r->scrub)
    zero(r, r->seen, r->header);
}

size_t pk_packet_readdress (pk_Packet *p, uint8_t *bytes, pk_AddrMap *m, int scrub) {
  const uint32_t n = scrub ? network(p) : p->nlayers;
  Readdress r;
  uint32_t k;
  assert(p->known == PK_KNOWN_ALL);
  r.p = p;
  r.bytes = bytes;
  r.map = m;
  r.scrub = scrub;
  r.kinds = pk_addrmap_kinds(m);
  r.changed = 0;
  r.left = MAXELEMENTS;
  pk_carry_begin(&r.carry, p);
  if (scrub) scrub_payload(&r, n);
  for (k = 0; k < n; k++) go_layer(&r, &p->layers[k]);
  pk_carry_end(&r.carry, bytes);
  return r.changed;
}
