/*
** packet.c: dissection, layer by layer.
*/
#include "packet.h"

#include <assert.h>
#include <string.h>

#include "inner.h"
#include "shape.h"
#include "verbs.h"

/* What stands above a layer as measured, or NULL. */
static const pk_Layout *upper (const pk_Bindings *b, const pk_Measure *m) {
  const pk_Layout *l = NULL;
  if (!m->follow) return NULL;
  if (m->upper != NULL) return pk_bindings_find(b, pk_space_hash(PK_SPACE_NAME), pk_space_hash(m->upper));
  if (m->nextspace != 0) l = pk_bindings_find(b, m->nextspace, m->nextvalue);
  return l;
}

static int measure (const pk_Packet *p, const pk_Layout *l, size_t start, size_t limit, pk_Measure *m) {
  pk_Span span = p->span;
  span.message = start;
  return pk_walk_measure(l, &span, start, limit, m);
}

/* Finds layers, up to the first that carries a stream when `tostream`. */
static void dissect (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes, size_t len,
                     size_t wirelen, int tostream) {
  const pk_Layout *l = first, *hint = NULL;
  size_t start = 0, limit = wirelen > len ? wirelen : len;
  uint8_t context = 0;
  int depth;
  p->span.bytes = bytes;
  p->span.len = len;
  p->span.message = 0;
  p->span.trace = NULL;
  p->wirelen = limit;
  p->nlayers = 0;
  p->known = PK_KNOWN_ALL;
  for (depth = 0; depth < PK_PACKET_MAXDEPTH && start < limit && start < len; depth++) {
    pk_Layer *layer = &p->layers[p->nlayers];
    pk_Measure m;
    if (l == NULL || !measure(p, l, start, limit, &m)) {
      l = hint;
      if (l == NULL || !measure(p, l, start, limit, &m)) return;
    }
    layer->layout = l;
    layer->start = start;
    layer->hdrend = m.hdrend;
    layer->payend = m.payend;
    layer->end = m.end;
    layer->limit = limit;
    layer->wrong = m.wrong;
    layer->flags = context;
    if (m.cut) layer->flags |= PK_LAYER_CUT;
    if (m.wrong & ~PK_WRONG_SHORT) layer->flags |= PK_LAYER_MALFORMED;
    if (m.past || (m.wrong & PK_WRONG_SHORT))
      layer->flags |= context & (PK_LAYER_QUOTED | PK_LAYER_PART | PK_LAYER_STREAM) ? PK_LAYER_INCOMPLETE : PK_LAYER_MALFORMED;
    if (m.end > start) p->nlayers++; /* what takes no byte is no layer */
    if (m.cut || (m.wrong & PK_WRONG_SHORT) || (tostream && l->stream)) return;
    if (m.quoted) context |= PK_LAYER_QUOTED;
    if (m.fragment) context |= PK_LAYER_PART;
    if (l->stream) context |= PK_LAYER_STREAM;
    hint = m.upper == NULL && m.follow && m.hintspace != 0 ? pk_bindings_find(b, m.hintspace, m.hintvalue) : NULL;
    l = upper(b, &m);
    if (l == NULL && hint == NULL) return;
    start = m.hdrend;
    limit = m.payend;
  }
}

void pk_packet_dissect (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes, size_t len,
                        size_t wirelen) {
  dissect(p, b, first, bytes, len, wirelen, 0);
}

void pk_packet_tostream (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes, size_t len,
                         size_t wirelen) {
  dissect(p, b, first, bytes, len, wirelen, 1);
}

/* --- finding */

/* What a layer that has been walked over says. */
typedef struct Walked {
  const pk_BindSlot *upper, *hint;
  size_t start, limit; /* of its payload */
  int takes;           /* it takes bytes: else it is no layer */
} Walked;

/* 1, or 0: the layer is not there. */
static int walk_over (const pk_Packet *p, const pk_Bindings *b, const pk_Layout *l, size_t start, size_t limit,
                      Walked *w) {
  pk_Measure m;
  w->upper = w->hint = NULL;
  w->start = w->limit = limit;
  w->takes = 1;
  if (l->top) return 1;
  if (!measure(p, l, start, limit, &m)) return 0;
  w->start = m.hdrend;
  w->limit = m.payend;
  w->takes = m.end > start;
  if (m.cut || (m.wrong & PK_WRONG_SHORT) || !m.follow) return 1;
  if (m.upper != NULL)
    w->upper = pk_bindings_slot(b, pk_space_hash(PK_SPACE_NAME), pk_space_hash(m.upper));
  else {
    if (m.nextspace != 0) w->upper = pk_bindings_slot(b, m.nextspace, m.nextvalue);
    if (m.hintspace != 0) w->hint = pk_bindings_slot(b, m.hintspace, m.hintvalue);
  }
  return 1;
}

static inline uint64_t reach_of (const pk_BindSlot *slot) {
  return slot != NULL ? slot->reach : 0;
}

/* Enters the layer of a slot: what is then known, or PK_KNOWN_ALL: it is not there. */
static inline pk_Known enter (const pk_Packet *p, const pk_Bindings *b, const pk_BindSlot *slot, size_t start,
                              size_t limit, Walked *w) {
  const pk_Layout *l = slot != NULL ? slot->layout : NULL;
  if (l == NULL) return PK_KNOWN_ALL;
  if (!pk_verbs_reach(l->verbs, start, limit, p->span.len))
    return walk_over(p, b, l, start, limit, w) ? PK_KNOWN_NEXT : PK_KNOWN_ALL;
  if ((l->verbs->has & PK_HAS_WHEN) && !pk_verbs_holds(p->span.bytes + start, &l->verbs->when)) return PK_KNOWN_ALL;
  return PK_KNOWN_LAST;
}

/*
** One loop with all that programs can do, its state in registers, since scripts that filter come here for each
** frame: over 60 lines.
*/
static PK_COLD const pk_Layer *seek (pk_Packet *p, const pk_Bindings *b, const pk_Layout *want) {
  const uint64_t bit = want != NULL ? pk_bindings_bit(want) : UINT64_MAX;
  const pk_Layer *found = NULL;
  const pk_BindSlot *upper = p->upper, *hint = p->hint;
  size_t start = p->start, limit = p->limit;
  uint64_t reach = p->reach;
  uint32_t n = p->nlayers;
  pk_Known known = p->known;
  int depth = p->depth;
  while (found == NULL && known >= PK_KNOWN_LAST && (reach & bit) != 0) {
    const pk_BindSlot *slot;
    pk_Layer *layer = &p->layers[n];
    Walked walked;
    if (known == PK_KNOWN_LAST) {
      const pk_Verbs *v = layer[-1].layout->verbs;
      const uint8_t *at = p->span.bytes + start;
      upper = hint = NULL;
      if ((v->has & PK_HAS_FOLLOW) == 0 || pk_verbs_holds(at, &v->follow)) {
        if ((v->has & PK_HAS_NEXT) && pk_verbs_holds(at, &v->next.guard))
          upper = pk_bindings_slot(b, v->next.space, pk_verbs_load(at, &v->next.load));
        if ((v->has & PK_HAS_HINT) && pk_verbs_holds(at, &v->hint.guard))
          hint = pk_bindings_slot(b, v->hint.space, pk_verbs_load(at, &v->hint.load));
      }
      pk_verbs_payload(v, at, &start, &limit);
      known = PK_KNOWN_NEXT;
      reach = reach_of(upper) | reach_of(hint);
      if ((reach & bit) == 0) break;
    }
    if (depth++ == PK_PACKET_MAXDEPTH || start >= limit || start >= p->span.len) {
      known = PK_KNOWN_PLACE;
      break;
    }
    slot = upper;
    known = enter(p, b, slot, start, limit, &walked);
    if (known == PK_KNOWN_ALL) {
      slot = hint;
      known = enter(p, b, slot, start, limit, &walked);
    }
    if (known == PK_KNOWN_ALL) { /* neither is there */
      known = PK_KNOWN_PLACE;
      break;
    }
    layer->layout = slot->layout;
    layer->start = start;
    layer->limit = limit;
    reach = slot->reach;
    if (known == PK_KNOWN_NEXT) {
      upper = walked.upper;
      hint = walked.hint;
      start = walked.start;
      limit = walked.limit;
      reach = reach_of(upper) | reach_of(hint);
      if (!walked.takes) continue;
    }
    n++;
    if (slot->layout == want) found = layer;
  }
  p->upper = upper;
  p->hint = hint;
  p->start = start;
  p->limit = limit;
  p->reach = reach;
  p->nlayers = n;
  p->known = known;
  p->depth = depth;
  return found;
}

/* Begins with the first layer. */
static void begin (pk_Packet *p) {
  p->known = PK_KNOWN_NEXT;
  p->nlayers = 0;
  p->upper = &p->first;
  p->hint = NULL;
  p->start = 0;
  p->limit = p->wirelen;
  p->reach = UINT64_MAX;
  p->depth = 0;
}

const pk_Layer *pk_packet_seek (pk_Packet *p, const pk_Bindings *b, const pk_Layout *l) {
  const uint64_t bit = l != NULL ? pk_bindings_bit(l) : UINT64_MAX;
  const pk_Layer *found = NULL;
  int learn = 0;
  if (p->known == PK_KNOWN_NONE && p->shapes != NULL) {
    const pk_ShapeTest *test = pk_shapes_match(p->shapes, p->span.bytes, p->span.len);
    if (test != NULL) {
      p->shape = test->shape;
      p->known = PK_KNOWN_SHAPE;
    }
    else
      learn = 1;
  }
  if (p->known >= PK_KNOWN_SHAPE) {
    if (p->known == PK_KNOWN_SHAPE && (p->shape->may & bit) == 0) return NULL;
    if (p->known == PK_KNOWN_NONE || !pk_shape_put(p->shape, p)) begin(p);
  }
  if (l != NULL) found = pk_packet_layer(p, l, 1);
  if (found == NULL && p->known >= PK_KNOWN_LAST && (p->reach & bit) != 0) found = seek(p, b, l);
  if (learn) pk_shapes_learn(p->shapes, p, b);
  return found;
}

static size_t captured (const pk_Packet *p, size_t at) {
  return at < p->span.len ? at : p->span.len;
}

void pk_packet_payload (const pk_Packet *p, size_t *begin, size_t *end) {
  assert(p->known == PK_KNOWN_ALL);
  if (p->nlayers == 0) {
    *begin = 0;
    *end = p->span.len;
    return;
  }
  *begin = captured(p, p->layers[p->nlayers - 1].hdrend);
  *end = captured(p, p->layers[p->nlayers - 1].payend);
}

void pk_packet_padding (const pk_Packet *p, size_t *begin, size_t *end) {
  uint32_t k;
  assert(p->known == PK_KNOWN_ALL);
  *begin = *end = p->span.len;
  for (k = 0; k < p->nlayers; k++)
    if (p->layers[k].end < p->layers[k].limit) {
      *begin = captured(p, p->layers[k].end);
      return;
    }
}
