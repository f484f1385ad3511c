/*
** packet.c: dissection, layer by layer.
*/
#include "packet.h"

#include <string.h>

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

void pk_packet_dissect (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes,
                        size_t len, size_t wirelen) {
  const pk_Layout *l = first, *hint = NULL;
  size_t start = 0, limit = wirelen > len ? wirelen : len;
  uint8_t context = 0;
  int depth;
  p->span.bytes = bytes;
  p->span.len = len;
  p->span.message = 0;
  p->wirelen = limit;
  p->nlayers = 0;
  p->full = 1;
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
    if (m.past) layer->flags |= context & (PK_LAYER_QUOTED | PK_LAYER_PART) ? PK_LAYER_INCOMPLETE : PK_LAYER_MALFORMED;
    if (m.wrong & ~PK_WRONG_SHORT) layer->flags |= PK_LAYER_MALFORMED;
    if (m.wrong & PK_WRONG_SHORT)
      layer->flags |= context & (PK_LAYER_QUOTED | PK_LAYER_PART) ? PK_LAYER_INCOMPLETE : PK_LAYER_MALFORMED;
    if (m.end > start) p->nlayers++; /* what takes no byte is no layer */
    if (m.cut || (m.wrong & PK_WRONG_SHORT)) return;
    if (m.quoted) context |= PK_LAYER_QUOTED;
    if (m.fragment) context |= PK_LAYER_PART;
    hint = m.upper == NULL && m.follow && m.hintspace != 0 ? pk_bindings_find(b, m.hintspace, m.hintvalue) : NULL;
    l = upper(b, &m);
    if (l == NULL && hint == NULL) return;
    start = m.hdrend;
    limit = m.payend;
  }
}

void pk_packet_find (pk_Packet *p, const pk_Bindings *b, const pk_Layout *first, const uint8_t *bytes, size_t len,
                     size_t wirelen) {
  const pk_Layout *l = first, *hint = NULL;
  size_t start = 0, limit = wirelen > len ? wirelen : len;
  uint32_t n = 0;
  int depth;
  p->span.bytes = bytes;
  p->span.len = len;
  p->span.message = 0;
  p->wirelen = limit;
  p->full = 0;
  for (depth = 0; depth < PK_PACKET_MAXDEPTH && start < limit && start < len; depth++) {
    pk_Layer *layer = &p->layers[n];
    pk_Step step;
    if (l == NULL || !pk_walk_step(l, &p->span, start, limit, &step)) {
      l = hint;
      if (l == NULL || !pk_walk_step(l, &p->span, start, limit, &step)) break;
    }
    layer->layout = l;
    layer->start = start;
    layer->limit = limit;
    n += step.takes;
    if (!step.follow) break;
    l = step.upper != NULL ? pk_bindings_find(b, pk_space_hash(PK_SPACE_NAME), pk_space_hash(step.upper))
      : step.nextspace != 0 ? pk_bindings_find(b, step.nextspace, step.nextvalue) : NULL;
    hint = step.hintspace != 0 ? pk_bindings_find(b, step.hintspace, step.hintvalue) : NULL;
    if (l == NULL && hint == NULL) break;
    if (!step.measured) pk_walk_finish_step(layer->layout, &p->span, start, limit, &step);
    start = step.payload;
    limit = step.payend;
  }
  p->nlayers = n;
}

const pk_Layer *pk_packet_layer (const pk_Packet *p, const pk_Layout *l, uint32_t n) {
  uint32_t k;
  for (k = 0; k < p->nlayers; k++)
    if (p->layers[k].layout == l && --n == 0) return &p->layers[k];
  return NULL;
}

static size_t captured (const pk_Packet *p, size_t at) {
  return at < p->span.len ? at : p->span.len;
}

void pk_packet_payload (const pk_Packet *p, size_t *begin, size_t *end) {
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
  *begin = *end = p->span.len;
  for (k = 0; k < p->nlayers; k++)
    if (p->layers[k].end < p->layers[k].limit) {
      *begin = captured(p, p->layers[k].end);
      return;
    }
}
