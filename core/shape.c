/*
** shape.c: shapes, learnt and recognised.
*/
#include "shape.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "bits.h"

#define LEARN_EACH 16 /* one of so many frames without a known shape is learnt */

pk_Shapes *pk_shapes_new (void) {
  pk_Shapes *s = (pk_Shapes *)pk_realloc(NULL, sizeof(*s));
  if (s != NULL) pk_shapes_clear(s);
  return s;
}

void pk_shapes_free (pk_Shapes *s) {
  pk_realloc(s, 0);
}

void pk_shapes_clear (pk_Shapes *s) {
  memset(s, 0, sizeof(*s));
}

/* --- recognising */

pk_ShapeTest *pk_shapes_turn (pk_Shapes *s, pk_ShapeTest *t) {
  const pk_ShapeTest test = *t;
  assert(t > s->tests);
  (void)s; /* under NDEBUG */
  if (t[-1].hits >= t->hits) return t;
  *t = t[-1];
  t[-1] = test;
  return t - 1;
}

int pk_shape_fits (const pk_Shape *s, const uint8_t *bytes) {
  uint32_t k;
  for (k = 2; k < s->nwindows; k++) {
    const pk_Window *w = &s->windows[k];
    if (w->nonzero ? (pk_window_load(bytes + w->off) & w->mask) == 0 : pk_window_other(w, bytes) != 0) return 0;
  }
  return 1;
}

/* Where the payload of a layer ends whose region ends at `limit`; 0: before it begins. */
static size_t narrow (const pk_ShapeLayer *l, const uint8_t *bytes, size_t limit) {
  size_t room = limit - l->start;
  int64_t length;
  if (l->total != NULL && pk_verbs_length(bytes + l->start, l->total, &length) && length <= (int64_t)room)
    room = length > (int64_t)l->prefix ? (size_t)length : l->prefix;
  if (l->header > room) return 0;
  if (l->payload != NULL && pk_verbs_length(bytes + l->start, l->payload, &length) &&
      length <= (int64_t)(room - l->header))
    room = l->header + (length > 0 ? (size_t)length : 0);
  return l->start + room;
}

int pk_shape_put (const pk_Shape *s, pk_Packet *p) {
  const pk_ShapeLayer *from = s->layers, *end = from + s->nlayers;
  pk_Layer *to = p->layers;
  size_t limit = p->wirelen;
  for (; from < end; from++, to++) {
    if (from->end > limit) return 0;
    to->layout = from->layout;
    to->start = from->start;
    to->limit = limit;
    if (from->lengths && (limit = narrow(from, p->span.bytes, limit)) == 0) return 0;
  }
  p->start = s->start;
  p->limit = limit;
  p->nlayers = s->nlayers;
  p->depth = (int)s->nlayers;
  p->known = (pk_Known)s->known;
  p->upper = s->upper;
  p->hint = NULL;
  p->reach = s->reach;
  return 1;
}

int pk_shape_narrows (const pk_Shape *s, const uint8_t *bytes, size_t wirelen) {
  const pk_ShapeLayer *l = s->layers, *end = l + s->nlayers;
  size_t limit = wirelen;
  for (; l < end; l++) {
    if (l->end > limit) return 0;
    if (l->lengths && (limit = narrow(l, bytes, limit)) == 0) return 0;
  }
  return 1;
}

/* --- learning */

/* Adds the bits that a load at `start` has read. 0: no room. */
static int add_load (pk_Shape *s, const pk_Packet *p, size_t start, const pk_Load *l) {
  size_t off = start + l->byte;
  uint64_t bits = l->mask << l->shift;
  uint32_t k;
  while (bits >> 56 == 0) { /* from its first byte on, so that later ones have room */
    bits <<= 8;
    off++;
  }
  for (k = 0; k < s->nwindows; k++) {
    const size_t other = s->windows[k].off;
    if (!s->windows[k].nonzero && other <= off && off - other < 8 && (bits & pk_bits_mask((unsigned)(8 * (off - other)))) == 0) {
      bits >>= 8 * (off - other);
      off = other;
      break;
    }
  }
  if (k == PK_SHAPE_MAXWINDOWS || p->span.len < off + 8) return 0;
  if (k == s->nwindows) s->nwindows++;
  if (s->need < off + 8) s->need = off + 8;
  s->windows[k].off = off;
  s->windows[k].mask |= bits;
  return 1;
}

/* The windows as bytes lie in memory, and what the packet has there. */
static void set_values (pk_Shape *s, const pk_Packet *p) {
  uint32_t k, j;
  for (k = 0; k < s->nwindows; k++) {
    pk_Window *w = &s->windows[k];
    uint8_t bytes[8];
    for (j = 0; j < 8; j++) bytes[j] = (uint8_t)(w->mask >> (56 - 8 * j));
    memcpy(&w->mask, bytes, sizeof(bytes));
    w->value = w->nonzero ? 0 : pk_window_load(p->span.bytes + w->off) & w->mask;
  }
}

/* Adds that a number is not zero: a window of its own, after two that are always looked at. */
static int add_nonzero (pk_Shape *s, const pk_Packet *p, size_t start, const pk_Load *l) {
  pk_Window *w;
  if (s->nwindows < 2) s->nwindows = 2;
  if (s->nwindows == PK_SHAPE_MAXWINDOWS || p->span.len < start + l->byte + 8) return 0;
  w = &s->windows[s->nwindows++];
  w->off = start + l->byte;
  w->mask = l->mask << l->shift;
  w->nonzero = 1;
  if (s->need < w->off + 8) s->need = w->off + 8;
  return 1;
}

/* Adds what a guard has read; 0: it is no plain one, or there is no room. */
static int add_guard (pk_Shape *s, const pk_Packet *p, size_t start, const pk_Guard *g) {
  if (g->how == PK_GUARD_ALWAYS) return 1;
  if (g->how != PK_GUARD_RANGE) return 0;
  if (g->min == 0 && g->span == 0 && pk_verbs_load(p->span.bytes + start, &g->load) != 0) /* as of any later fragment */
    return add_nonzero(s, p, start, &g->load);
  return add_load(s, p, start, &g->load);
}

/* What of a layer leads to the one above; 0: it is not learnt. */
static int add_steps (pk_Shape *s, const pk_Packet *p, pk_ShapeLayer *to, const pk_Verbs *v) {
  const uint8_t *at = p->span.bytes + to->start;
  int64_t length;
  if (!add_guard(s, p, to->start, &v->follow) || !add_guard(s, p, to->start, &v->next.guard) ||
      ((v->has & PK_HAS_NEXT) && !add_load(s, p, to->start, &v->next.load)) ||
      !add_guard(s, p, to->start, &v->total.guard) || !add_guard(s, p, to->start, &v->header.guard) ||
      ((v->has & PK_HAS_HEADER) && !add_load(s, p, to->start, &v->header.load)) ||
      !add_guard(s, p, to->start, &v->payload.guard))
    return 0;
  if ((v->has & PK_HAS_TOTAL) && pk_verbs_holds(at, &v->total.guard)) to->total = &v->total;
  if ((v->has & PK_HAS_PAYLOAD) && pk_verbs_holds(at, &v->payload.guard)) to->payload = &v->payload;
  if ((v->has & PK_HAS_HEADER) && pk_verbs_length(at, &v->header, &length) && length > (int64_t)to->prefix)
    to->header = (size_t)length;
  if (to->start + to->header > to->end) to->end = to->start + to->header;
  to->lengths = to->total != NULL || to->payload != NULL;
  return 1;
}

/* What the layer below names, if a layer is that and stands where that one's payload begins; or NULL. */
static const pk_BindSlot *slot_of (const pk_Packet *p, const pk_Bindings *b, const pk_ShapeLayer *below,
                                   const pk_Layer *layer) {
  const pk_Verbs *v = below->layout->verbs;
  const pk_BindSlot *slot;
  if (layer->start != below->start + below->header || (v->has & PK_HAS_NEXT) == 0) return NULL;
  slot = pk_bindings_slot(b, v->next.space, pk_verbs_load(p->span.bytes + below->start, &v->next.load));
  return slot != NULL && slot->layout == layer->layout ? slot : NULL;
}

/* Nothing but what `reach` has may stand above. */
static void set_reach (pk_Shape *s, uint64_t reach) {
  uint32_t k;
  s->reach = s->may = reach;
  for (k = 0; k < s->nlayers; k++) s->may |= pk_bindings_bit(s->layers[k].layout);
}

/* The shape says what stands above its layers. */
static int looked_up (pk_Shape *s, const pk_BindSlot *upper, uint64_t reach) {
  s->known = PK_KNOWN_NEXT;
  s->upper = upper;
  set_reach(s, reach);
  return s->nlayers > 0;
}

/*
** A layer that has to be walked over, whose numbers at constant places alone say that nothing stands above it, as
** the type of an ICMP message does: 1. 0: it is not so, or not to be told.
*/
static int ends_here (pk_Shape *s, const pk_Packet *p, const pk_Layer *layer) {
  pk_Span span = p->span;
  pk_Trace trace;
  pk_Measure m;
  uint32_t k;
  memset(&trace, 0, sizeof(trace));
  span.message = layer->start;
  span.trace = &trace;
  if (!pk_walk_measure(layer->layout, &span, layer->start, layer->limit, &m) || trace.other || m.cut || m.wrong ||
      m.end == layer->start || m.upper != NULL || m.nextspace != 0 || m.hintspace != 0)
    return 0;
  for (k = 0; k < trace.n; k++)
    if (!add_load(s, p, layer->start, &trace.asked[k]->load)) return 0;
  return 1;
}

/* What of each layer's region the layers above it, and its own fields, have to find. */
static void set_rooms (pk_Shape *s) {
  uint32_t k;
  size_t end = 0;
  for (k = s->nlayers; k-- > 0;) {
    pk_ShapeLayer *l = &s->layers[k];
    if (l->end > end) end = l->end;
    l->room = (int64_t)(end - l->start);
  }
}

/*
** Learns the layers of a packet: all that have been found, or up to one that has to be walked over, or that
** names the upper layer by what differs from frame to frame. 0: its bits would not tell.
*/
static int learn (pk_Shape *s, const pk_Packet *p, const pk_Bindings *b) {
  const pk_BindSlot *slot = NULL;
  pk_ShapeLayer *to = s->layers;
  memset(s, 0, sizeof(*s));
  s->reach = s->may = UINT64_MAX;
  s->known = PK_KNOWN_LAST;
  for (; s->nlayers < p->nlayers; to++) {
    const pk_Layer *from = &p->layers[s->nlayers];
    const pk_Verbs *v = from->layout->verbs;
    if (s->nlayers > 0 && (slot = slot_of(p, b, to - 1, from)) == NULL) return 0;
    if (slot != NULL && v == NULL && s->nlayers + 1 == p->nlayers && ends_here(s, p, from))
      return looked_up(s, slot, pk_bindings_bit(from->layout));
    if (slot != NULL && (v == NULL || s->nlayers == PK_SHAPE_MAXLAYERS)) return looked_up(s, slot, slot->reach);
    if (!pk_verbs_reach(v, from->start, from->limit, p->span.len) || !add_guard(s, p, from->start, &v->when)) return 0;
    to->layout = from->layout;
    to->start = s->start = from->start;
    to->end = from->start + v->reach;
    to->prefix = to->header = v->prefix;
    if (s->need < to->end) s->need = to->end;
    s->nlayers++;
    if (slot != NULL) set_reach(s, slot->reach);
    if (v->has & PK_HAS_HINT) return 1; /* ports */
    if (s->nlayers == p->nlayers && p->known == PK_KNOWN_LAST) return 1;
    if (!add_steps(s, p, to, v)) return 0;
    s->start += to->header;
  }
  return p->known == PK_KNOWN_NEXT && p->hint == NULL && p->start == s->start && looked_up(s, p->upper, p->reach);
}

int pk_shapes_due (const pk_Shapes *s) {
  return s->misses % LEARN_EACH == 0;
}

void pk_shapes_learn (pk_Shapes *s, const pk_Packet *p, const pk_Bindings *b) {
  pk_ShapeTest *t;
  pk_Shape *shape;
  uint32_t k;
  if (++s->misses % LEARN_EACH != 1) return;
  if (s->used == 0)
    for (k = 0; k < PK_SHAPES; k++) s->tests[k].shape = &s->shapes[k];
  t = &s->tests[s->used < PK_SHAPES ? s->used : PK_SHAPES - 1]; /* a free one, or the least frequent */
  for (k = 0; k < s->used; k++) s->tests[k].hits /= 2; /* what was frequent once gives way */
  shape = t->shape;
  if (learn(shape, p, b) && shape->need <= UINT32_MAX) {
    set_values(shape, p);
    set_rooms(shape);
    t->windows[0] = shape->windows[0];
    t->windows[1] = shape->windows[1];
    t->more = shape->nwindows > 2;
    t->need = (uint32_t)shape->need;
    t->hits = 0;
    t->special = NULL;
    if (s->used < PK_SHAPES) s->used++;
  }
  else if (s->used == PK_SHAPES)
    s->used--;
}
