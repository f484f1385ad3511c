/*
** defrag.c: fragments kept until all are there.
*/
#include "defrag.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "inner.h"
#include "pieces.h"
#include "sums.h"

#define MAXDATAGRAM 65535 /* bytes of payload */

/* Where a packet is a fragment. */
typedef struct Place {
  pk_FlowPlace ends;
  uint32_t layer;
  int own;       /* the layer has addresses, and stays when the datagram is whole */
  uint32_t first; /* its payload's place in the datagram's */
  int more;
  const pk_Field *fragoffset, *flagmf;
} Place;

void pk_defrag_init (pk_Defrag *d, uint64_t seed) {
  memset(d, 0, sizeof(*d));
  pk_flows_init(&d->table, sizeof(pk_Datagram), seed);
  d->timeout = INT64_MAX;
  d->maxheld = SIZE_MAX;
}

/* What a datagram holds goes. */
static void empty (pk_Defrag *d, pk_Datagram *g) {
  d->held -= g->pieces.held + g->headlen;
  pk_pieces_free(&g->pieces);
  pk_realloc(g->head, 0);
  g->head = NULL;
  g->headlen = 0;
}

static void drop (pk_Defrag *d, pk_Datagram *g) {
  empty(d, g);
  d->held -= sizeof(pk_Datagram);
  pk_flows_remove(&d->table, &g->flow);
}

void pk_defrag_free (pk_Defrag *d) {
  while (d->table.oldest != NULL) drop(d, (pk_Datagram *)d->table.oldest);
  pk_realloc(d->frame, 0);
  pk_flows_free(&d->table);
  pk_defrag_init(d, 0);
}

/* --- what a packet says */

static uint64_t number (const pk_Packet *p, const pk_Layer *layer, const pk_Field *f) {
  uint64_t n;
  return pk_field_getnumber(f, p->span.bytes, p->span.len, (uint64_t)layer->start * 8, &n) ? n : 0;
}

static int has_addresses (const pk_Layout *l) {
  uint32_t k;
  for (k = 0; k < l->nfields; k++)
    if (l->fields[k].words != NULL && l->fields[k].words->role != NULL && strcmp(l->fields[k].words->role, "source") == 0) return 1;
  return 0;
}

/* Whether the layer is of a fragment; 1 with its place. */
static int find_place (const pk_Packet *p, uint32_t k, Place *at) {
  const pk_Layer *layer = &p->layers[k];
  const pk_Layout *l = layer->layout;
  const pk_Field *ident, *next;
  const uint8_t *source, *destination;
  pk_FlowKey *key = &at->ends.key;
  uint32_t id;
  size_t size;
  if (l->fragment.n == 0 || (layer->flags & (PK_LAYER_QUOTED | PK_LAYER_CUT | PK_LAYER_MALFORMED))) return 0;
  ident = pk_layout_field(l, "ident");
  at->fragoffset = pk_layout_field(l, "fragoffset");
  at->flagmf = pk_layout_field(l, "flagmf");
  if (ident == NULL || at->fragoffset == NULL || at->flagmf == NULL || !ident->fixed || !at->fragoffset->fixed || !at->flagmf->fixed)
    return 0;
  at->first = (uint32_t)number(p, layer, at->fragoffset) * 8;
  at->more = number(p, layer, at->flagmf) != 0;
  if ((at->first == 0 && !at->more) || !pk_packet_addresses(p, k + 1, &source, &destination, &size)) return 0;
  memset(&at->ends, 0, sizeof(at->ends));
  id = (uint32_t)number(p, layer, ident);
  at->layer = k;
  at->own = has_addresses(l);
  memcpy(key->low, source, size);
  memcpy(key->high, destination, size);
  key->size = (uint8_t)size;
  key->lowport = (uint16_t)(id >> 16);
  key->highport = (uint16_t)id;
  next = pk_layout_actor(l, PK_ACT_NEXT);
  if (at->own && next != NULL && next->fixed) key->protocol = (uint8_t)number(p, layer, next);
  key->zero[0] = (uint8_t)(k & 31); /* a tunnel's fragments are not those of what it carries */
  return 1;
}

/* --- datagrams */

/* Nothing comes of it any more; it stays, so that what comes late is known. */
static pk_Fragment kill (pk_Defrag *d, pk_Datagram *g, uint64_t *count, pk_Fragment what) {
  empty(d, g);
  g->dead = (uint8_t)what;
  ++*count;
  return what;
}

/*
** Puts the pieces behind the head. A header that only fragments have is left out: what stands below names then what
** it named.
*/
static pk_Fragment join (pk_Defrag *d, pk_Datagram *g, const pk_Packet *last, const Place *at, const pk_Bindings *b) {
  const pk_Layout *first = last->layers[0].layout;
  const uint32_t k = at->layer;
  pk_Packet p;
  pk_Piece *piece;
  size_t head = g->headlen;
  uint8_t *frame = (uint8_t *)pk_realloc(NULL, g->headlen + (size_t)g->total);
  if (frame == NULL) return PK_FRAG_NOMEMORY;
  memcpy(frame, g->head, head);
  pk_packet_init(&p, NULL);
  pk_packet_dissect(&p, b, first, frame, head, head);
  if (p.nlayers <= k || p.layers[k].layout != last->layers[k].layout || p.layers[k].hdrend != head) {
    pk_realloc(frame, 0); /* its first fragment had other headers */
    return PK_FRAG_BADEND;
  }
  pk_field_setnumber(at->fragoffset, frame, head, (uint64_t)p.layers[k].start * 8, 0);
  pk_field_setnumber(at->flagmf, frame, head, (uint64_t)p.layers[k].start * 8, 0);
  if (!at->own && k > 0) {
    const pk_Field *upper = pk_layout_actor(p.layers[k].layout, PK_ACT_NEXT), *lower = pk_layout_actor(p.layers[k - 1].layout, PK_ACT_NEXT);
    if (upper != NULL && lower != NULL && upper->fixed && lower->fixed) {
      pk_field_setnumber(lower, frame, head, (uint64_t)p.layers[k - 1].start * 8, number(&p, &p.layers[k], upper));
      head = p.layers[k].start;
    }
  }
  for (piece = g->pieces.first; piece != NULL; piece = piece->next) memcpy(frame + head + piece->seq, piece->bytes, piece->len);
  pk_realloc(d->frame, 0);
  d->frame = frame;
  d->len = head + g->total;
  pk_packet_dissect(&p, b, first, frame, d->len, d->len);
  if (pk_packet_refit(&p, b, head == g->headlen ? k + 1 : k, frame)) return PK_FRAG_WHOLE;
  d->frame = (uint8_t *)pk_realloc(frame, 0);
  d->len = 0;
  return PK_FRAG_TOOLARGE;
}

/* Keeps the fragment's bytes, and its head when it is the first. */
static pk_Fragment keep (pk_Defrag *d, pk_Datagram *g, const pk_Packet *p, const Place *at, const uint8_t *bytes, uint32_t len) {
  const size_t before = g->pieces.held;
  const uint64_t bytesbefore = d->overlap.bytes, conflicts = d->overlap.conflicts;
  const int strict = d->policy == PK_OVERLAP_DROP || (d->policy == PK_OVERLAP_RFC && !at->own);
  const uint32_t end = at->first + len;
  int kept;
  if (end > MAXDATAGRAM) return kill(d, g, &d->counts.toolarge, PK_FRAG_TOOLARGE);
  if ((!at->more && g->total != 0 && g->total != end) || (g->total != 0 && end > g->total) ||
      (!at->more && g->pieces.latest != NULL && g->pieces.latest->seq + g->pieces.latest->len > end))
    return kill(d, g, &d->counts.badend, PK_FRAG_BADEND);
  kept = pk_pieces_keep(&g->pieces, at->first, bytes, len, d->policy == PK_OVERLAP_LAST, &d->overlap);
  d->held += g->pieces.held - before;
  if (kept < 0) return PK_FRAG_NOMEMORY;
  g->have += len - (uint32_t)(d->overlap.bytes - bytesbefore);
  if (strict && d->overlap.bytes != bytesbefore && /* the very same once more is none */
      (d->overlap.bytes - bytesbefore != len || d->overlap.conflicts != conflicts))
    return kill(d, g, &d->counts.overlapping, PK_FRAG_OVERLAP);
  if (!at->more) g->total = end;
  if (at->first == 0 && g->head == NULL) {
    const size_t n = p->layers[at->layer].hdrend;
    g->head = (uint8_t *)pk_realloc(NULL, n);
    if (g->head == NULL) return PK_FRAG_NOMEMORY;
    memcpy(g->head, p->span.bytes, n);
    g->headlen = (uint32_t)n;
    d->held += n;
  }
  return g->head != NULL && g->total != 0 && g->have == g->total ? PK_FRAG_WHOLE : PK_FRAG_INCOMPLETE;
}

pk_Fragment pk_defrag_add (pk_Defrag *d, const pk_Packet *p, const pk_Bindings *b, int64_t time) {
  const pk_Layer *layer;
  pk_Datagram *g;
  pk_Fragment what;
  Place at;
  uint32_t k, hash;
  size_t end;
  assert(p->known == PK_KNOWN_ALL);
  pk_realloc(d->frame, 0);
  d->frame = NULL;
  if (time > d->now) d->now = time;
  while (d->table.oldest != NULL && pk_flow_idle(d->table.oldest->start, d->now, d->timeout)) {
    d->counts.timeouts += ((pk_Datagram *)d->table.oldest)->dead == 0;
    drop(d, (pk_Datagram *)d->table.oldest);
  }
  for (k = 0; k < p->nlayers && !find_place(p, k, &at); k++) continue;
  if (k == p->nlayers) return PK_FRAG_NONE;
  d->counts.fragments++;
  layer = &p->layers[k];
  end = layer->payend;
  if (end > p->span.len) {
    d->counts.truncated++;
    return PK_FRAG_TRUNCATED;
  }
  if (at.more && ((end - layer->hdrend) % 8 != 0 || end == layer->hdrend)) {
    d->counts.misaligned++;
    return PK_FRAG_MISALIGNED;
  }
  hash = pk_flows_hash(&d->table, &at.ends.key);
  g = (pk_Datagram *)pk_flows_find(&d->table, &at.ends.key, hash);
  if (g == NULL) {
    g = (pk_Datagram *)pk_flows_add(&d->table, &at.ends, hash, d->now);
    if (g == NULL) return PK_FRAG_NOMEMORY;
    d->held += sizeof(*g);
  }
  if (g->dead) return (pk_Fragment)g->dead;
  what = keep(d, g, p, &at, p->span.bytes + layer->hdrend, (uint32_t)(end - layer->hdrend));
  if (what == PK_FRAG_WHOLE) {
    what = join(d, g, p, &at, b);
    d->counts.whole += what == PK_FRAG_WHOLE;
    d->counts.toolarge += what == PK_FRAG_TOOLARGE;
    d->counts.badend += what == PK_FRAG_BADEND;
    drop(d, g);
  }
  while (d->held > d->maxheld && d->table.oldest != NULL) {
    d->counts.evicted += ((pk_Datagram *)d->table.oldest)->dead == 0;
    drop(d, (pk_Datagram *)d->table.oldest);
  }
  return what;
}
