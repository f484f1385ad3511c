/*
** walk.c: an interpreter of the ops of a layout.
**
** A field beyond the region makes the struct malformed, one beyond the captured bytes cuts it: either
** ends the walk. A length acts where the walk passes it.
*/
#include "walk.h"

#include <assert.h>
#include <string.h>

#include "bits.h"
#include "ops.h"
#include "verbs.h"

#define MAXNEST 32

static size_t bytes_of (uint64_t bit) {
  return (size_t)((bit + 7) / 8);
}

static uint64_t read_number (const pk_Span *span, const pk_Field *f, uint64_t bit) {
  const uint8_t *p = span->bytes + bit / 8;
  uint64_t value = pk_bits_get(p, (unsigned)(bit % 8), f->bits, f->little);
  if (f->guess) {
    uint64_t other = pk_bits_get(p, (unsigned)(bit % 8), f->bits, !f->little);
    if (other < value) value = other;
  }
  return f->sign ? (uint64_t)pk_bits_signed(value, f->bits) : value;
}

void pk_walk_begin (pk_Walk *w, const pk_Layout *l, const pk_Walk *up, const pk_Span *span, uint64_t start,
                    size_t limit) {
  w->layout = l;
  w->up = up;
  w->span = span;
  w->start = w->bit = start;
  w->limit = limit;
  w->own = w->header = w->paylen = w->hdrend = PK_WALK_NONE;
  w->upper = NULL;
  w->nextspace = w->hintspace = 0;
  w->nextvalue = w->hintvalue = 0;
  w->seen = 0;
  w->op = 0;
  w->stop = UINT32_MAX;
  w->nunions = 0;
  w->depth = (uint8_t)(up == NULL ? 0 : up->depth < 255 ? up->depth + 1 : 255);
  w->wrong = w->cut = w->quoted = w->paygiven = w->past = 0;
  w->field = NULL;
  w->at = w->size = 0;
  w->end = 0;
}

/* --- conditions */

static void note (pk_Trace *t, const pk_Walk *w, const pk_Field *f) {
  if (w->up != NULL || !f->fixed || f->load.mask == 0 || f->little || t->n == PK_TRACE_MAX)
    t->other = 1;
  else
    t->asked[t->n++] = f;
}

static int value_of (const pk_Walk *w, const pk_Field *f, uint8_t up, uint64_t *value) {
  while (up-- > 0) w = w->up;
  if (w->span->trace != NULL) note(w->span->trace, w, f);
  if (f->slot > 0 && (w->seen >> (f->slot - 1) & 1)) {
    *value = w->slots[f->slot - 1];
    return 1;
  }
  if (f->placed && f->when == NULL && f->bits > 0) {
    uint64_t bit = w->start + f->offset;
    size_t end = bytes_of(bit + f->bits);
    if (end > w->limit || end > w->span->len) return 0;
    *value = read_number(w->span, f, bit);
    return 1;
  }
  return 0;
}

/* The value of a member of the first element that has it, of a list that the walk has passed. */
static int value_in_list (const pk_Walk *w, const pk_Test *t, uint64_t *value) {
  pk_Walk outer, element;
  pk_List list;
  uint8_t up = t->up;
  while (up-- > 0) w = w->up;
  pk_walk_begin(&outer, w->layout, w->up, w->span, w->start, w->limit);
  outer.stop = w->op < w->stop ? w->op : w->stop; /* not to the one that asks: where the list is not there it would ask again */
  if (!pk_walk_find(&outer, t->field->key)) return 0;
  pk_list_begin(&list, &outer);
  while (pk_list_next(&list, &element))
    if (pk_walk_find(&element, t->member->key)) {
      *value = pk_walk_number(&element);
      return 1;
    }
  return 0;
}

static int test (const pk_Walk *w, const pk_Test *t) {
  uint64_t value;
  if (w->span->trace != NULL && (t->field == NULL || t->member != NULL)) w->span->trace->other = 1;
  if (t->field == NULL) {
    size_t at = bytes_of(w->bit);
    value = w->limit > at ? w->limit - at : 0;
  }
  else if (t->member != NULL) {
    if (!value_in_list(w, t, &value)) return 0;
  }
  else if (!value_of(w, t->field, t->up, &value))
    return 0;
  return pk_ranges_have(t->ranges, t->nranges, (int64_t)value) != t->negate;
}

int pk_walk_holds (const pk_Walk *w, const pk_Cond *c) {
  uint32_t k;
  int all = 1;
  if (c->n == 0) return 1;
  for (k = 0; k < c->n; k++) {
    all = all && test(w, &c->tests[k]);
    if (c->tests[k].last) {
      if (all) return 1;
      all = 1;
    }
  }
  return 0;
}

/* --- what fields do */

/* A length as the field has it, in bytes; 1, or 0: open. */
static int length_of (const pk_Field *f, uint64_t value, size_t *length, uint8_t *wrong) {
  const pk_Words *w = f->words;
  int64_t n;
  if (w->open.kind != PK_VALUE_NONE && value == (uint64_t)w->open.n) return 0;
  if (value > UINT32_MAX) value = UINT32_MAX; /* beyond any region, and no overflow below */
  n = (int64_t)value * (w->unit.kind != PK_VALUE_NONE ? w->unit.n : 1) + w->bias.n;
  if (n < 0) {
    *wrong |= PK_WRONG_LENGTH;
    n = 0;
  }
  *length = (size_t)n;
  return 1;
}

/* Checks a value against equal, min and max. */
static int is_wrong (const pk_Words *w, int64_t value, int sign) {
  if (w->equal.kind != PK_VALUE_NONE && value != w->equal.n) return 1;
  if (!sign && value < 0) return w->max.kind != PK_VALUE_NONE; /* over 2^63 */
  return (w->min.kind != PK_VALUE_NONE && value < w->min.n) || (w->max.kind != PK_VALUE_NONE && value > w->max.n);
}

/* Narrows the region to what begins at `from` and has `length` bytes. */
static size_t narrow (pk_Walk *w, size_t from, size_t length) {
  if (from > w->limit || length > w->limit - from) {
    w->past = 1;
    return w->limit;
  }
  return w->limit = from + length;
}

static void act (pk_Walk *w, const pk_Field *f) {
  const uint64_t value = pk_walk_number(w);
  size_t length, start = (size_t)(w->start / 8);
  if (f->slot > 0) {
    w->slots[f->slot - 1] = value;
    w->seen |= (uint32_t)1 << (f->slot - 1);
  }
  if (f->acts == 0) return;
  if ((f->acts & PK_ACT_CHECK) && is_wrong(f->words, (int64_t)value, f->sign)) w->wrong |= PK_WRONG_VALUE;
  if (f->acts & PK_ACT_NEXT) {
    w->nextspace = f->words->nexthash;
    w->nextvalue = value;
  }
  if ((f->acts & PK_ACT_HINT) && w->hintspace == 0) {
    w->hintspace = f->words->hinthash;
    w->hintvalue = value;
  }
  if ((f->acts & (PK_ACT_HEADER | PK_ACT_TOTAL | PK_ACT_PAYLOAD | PK_ACT_REST)) == 0) return;
  if (!length_of(f, value, &length, &w->wrong)) return;
  if (f->acts & PK_ACT_PAYLOAD) {
    w->paylen = length;
    w->paygiven = 1;
  }
  else if (f->acts & PK_ACT_HEADER)
    w->header = start + length;
  else if (f->acts & PK_ACT_TOTAL) {
    if (start + length < bytes_of(w->bit)) {
      w->wrong |= PK_WRONG_LENGTH; /* shorter than what has been passed */
      length = bytes_of(w->bit) - start;
    }
    w->own = narrow(w, start, length);
  }
  else
    w->own = narrow(w, bytes_of(w->bit), length);
}

/* --- fields without constant size */

/* Where the region of the field that stands at byte `at` ends. */
static size_t region (pk_Walk *w, const pk_Field *f, size_t at) {
  size_t limit = w->limit, length;
  uint64_t value;
  if (w->header != PK_WALK_NONE && w->hdrend == PK_WALK_NONE && w->header < limit)
    limit = w->header > at ? w->header : at;
  if (f->room > 0) {
    if (f->room > limit - at) {
      w->wrong |= PK_WRONG_SHORT;
      return limit;
    }
    return at + f->room;
  }
  if (f->sizer == NULL) return limit;
  if (!value_of(w, f->sizer, 0, &value) || !length_of(f->sizer, value, &length, &w->wrong)) return limit;
  if (length > limit - at) {
    w->past = 1;
    return limit;
  }
  return at + length;
}

static size_t aligned (const pk_Walk *w, const pk_Field *f, size_t begin, size_t end) {
  size_t over;
  if (f->align == 0) return end;
  over = (end - begin) % f->align;
  if (over == 0) return end;
  over = f->align - over;
  return over <= w->limit - end ? end + over : w->limit;
}

/* The number of elements that a field says a list has. */
static int count_of (const pk_Walk *w, const pk_Field *f, uint64_t *n) {
  size_t count;
  uint8_t wrong = 0;
  if (!value_of(w, f->counter, 0, n) || !length_of(f->counter, *n, &count, &wrong)) return 0;
  *n = count;
  return 1;
}

static size_t end_of_list (pk_Walk *w, const pk_Field *f, size_t at) {
  pk_List list;
  pk_Walk element;
  if ((f->counter == NULL && !f->ending) || f->sizer != NULL || f->room > 0) return w->end;
  if (f->stride > 0 && f->counter != NULL) {
    uint64_t n;
    size_t room = w->end - at;
    if (!count_of(w, f, &n)) return w->end;
    if (n > room / (f->stride / 8)) {
      w->wrong |= PK_WRONG_SHORT;
      return w->end;
    }
    return at + (size_t)n * (f->stride / 8);
  }
  pk_list_begin(&list, w);
  while (pk_list_next(&list, &element)) continue;
  w->wrong |= list.wrong;
  w->past |= list.past;
  w->cut |= list.cut;
  if (list.left > 0 && list.left != UINT64_MAX && !list.stopped) {
    if (list.cut) w->cut = 1;
    else w->wrong |= PK_WRONG_SHORT;
  }
  return list.at;
}

/* Where the bytes that end a string stand first, or NULL. */
static const uint8_t *find_ends (const uint8_t *p, size_t n, const pk_Field *f) {
  while (n >= f->nends) {
    const uint8_t *found = (const uint8_t *)memchr(p, f->ends[0], n - f->nends + 1);
    if (found == NULL || memcmp(found, f->ends, f->nends) == 0) return found;
    n -= (size_t)(found - p) + 1;
    p = found + 1;
  }
  return NULL;
}

/* Finds the end of an open field at byte `at`; 0 when the walk ends here. */
static int measure_open (pk_Walk *w, const pk_Field *f, size_t at) {
  size_t end;
  if (at > w->limit) {
    w->wrong |= PK_WRONG_SHORT;
    return 0;
  }
  w->at = (uint64_t)at * 8;
  end = w->end = region(w, f, at);
  if (f->kind == PK_LIST)
    end = end_of_list(w, f, at);
  else if (f->kind == PK_STRUCT || f->kind == PK_UNION) {
    pk_Walk inner;
    pk_walk_begin(&inner, f->sub, w, w->span, w->at, end);
    end = pk_walk_end(&inner);
    w->wrong |= inner.wrong;
    w->cut |= inner.cut;
    w->past |= inner.past;
    if (f->sizer != NULL) end = w->end;
  }
  else if (f->codec != NULL && f->codec->measure != NULL) {
    size_t n, room = end < w->span->len ? end : w->span->len;
    if (at >= room || (n = f->codec->measure(w->span->bytes + w->span->message, room - w->span->message,
                                             at - w->span->message)) == 0) {
      if (end > w->span->len)
        w->cut = 1;
      else
        w->wrong |= PK_WRONG_SHORT;
      return 0;
    }
    end = at + n;
  }
  else if (f->nends > 0) {
    size_t room = end < w->span->len ? end : w->span->len;
    const uint8_t *found = at < room ? find_ends(w->span->bytes + at, room - at, f) : NULL;
    if (found == NULL) { /* what ends it is not there */
      if (end > w->span->len)
        w->cut = 1;
      else
        w->wrong |= PK_WRONG_SHORT;
      return 0;
    }
    w->size = ((size_t)(found - w->span->bytes) - at) * 8;
    end = (size_t)(found - w->span->bytes) + f->nends;
    w->end = at + (size_t)w->size / 8;
    w->bit = (uint64_t)aligned(w, f, at, end) * 8;
    return 1;
  }
  w->end = end;
  w->size = (uint64_t)(end - at) * 8;
  w->bit = (uint64_t)aligned(w, f, at, end) * 8;
  return 1;
}

/* The field stands here: 1, or 0 when the bytes end before. */
static int found (pk_Walk *w, const pk_Field *f) {
  uint64_t bit = f->bytes || f->bits == 0 || f->kind == PK_LIST ? (w->bit + 7) / 8 * 8 : w->bit;
  size_t end;
  w->field = f;
  if (f->bits == 0) {
    if (!measure_open(w, f, (size_t)(bit / 8))) return 0;
    if (pk_field_tells(f) && (f->acts != 0 || f->slot > 0)) act(w, f);
    return 1;
  }
  end = bytes_of(bit + f->bits);
  w->at = bit;
  w->size = f->bits;
  w->end = end;
  if (end > w->limit) {
    w->wrong |= PK_WRONG_SHORT;
    return 0;
  }
  if (w->header != PK_WALK_NONE && end > w->header && w->hdrend == PK_WALK_NONE) w->wrong |= PK_WRONG_LENGTH;
  if (end > w->span->len) {
    w->cut = 1;
    return 0;
  }
  w->bit = bit + f->bits;
  if (f->align > 0) w->bit = (uint64_t)aligned(w, f, (size_t)(bit / 8), end) * 8;
  if (f->acts != 0 || f->slot > 0) {
    uint64_t after = w->bit;
    if (f->kind == PK_NUMBER || f->kind == PK_BOOLEAN) act(w, f);
    w->bit = after;
  }
  if (f->peek) w->bit = bit;
  return 1;
}

static uint32_t branch (const pk_Walk *w, const pk_Switch *sw) {
  uint32_t low = 0, high = sw->nbranches;
  uint64_t value;
  if (!value_of(w, sw->field, sw->up, &value)) return sw->other;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (sw->branches[middle].value < (int64_t)value)
      low = middle + 1;
    else
      high = middle;
  }
  return low < sw->nbranches && sw->branches[low].value == (int64_t)value ? sw->branches[low].op : sw->other;
}

/* The payload begins here; what follows it is a trailer. */
static void pass_payload (pk_Walk *w, const pk_Op *op) {
  size_t at = bytes_of(w->bit), room, trailer = w->layout->trailer / 8;
  w->paystands = at;
  if (w->header != PK_WALK_NONE) {
    if (w->header < at)
      w->wrong |= PK_WRONG_LENGTH;
    else
      at = w->header;
  }
  if (at > w->limit) at = w->limit;
  w->hdrend = at;
  w->upper = (const char *)op->p;
  w->quoted = op->a;
  room = w->limit - at;
  if (w->paylen == PK_WALK_NONE) w->paylen = room > trailer ? room - trailer : room;
  else if (w->paylen > room) {
    w->past = 1;
    w->paylen = room;
  }
  w->bit = (uint64_t)(at + w->paylen) * 8;
}

int pk_walk_next (pk_Walk *w) {
  for (;;) {
    const pk_Op *op = &w->layout->ops[w->op];
    if (w->cut || (w->wrong & PK_WRONG_SHORT) || w->op >= w->stop) return 0;
    if (w->depth > MAXNEST) { /* elements in elements as deep as the bytes say: the stack has an end */
      w->wrong |= PK_WRONG_SHORT;
      return 0;
    }
    switch ((pk_Code)op->code) {
      case PK_OP_FIELD:
        w->op++;
        return found(w, (const pk_Field *)op->p);
      case PK_OP_PAD: {
        uint64_t bit = (op->a ? (w->bit + 7) / 8 * 8 : w->bit) + op->n;
        w->op++;
        if (bytes_of(bit) > w->limit) {
          w->wrong |= PK_WRONG_SHORT;
          return 0;
        }
        w->bit = bit;
        break;
      }
      case PK_OP_TEST:
        w->op = pk_walk_holds(w, (const pk_Cond *)op->p) ? w->op + 1 : op->n;
        break;
      case PK_OP_SWITCH: w->op = branch(w, (const pk_Switch *)op->p); break;
      case PK_OP_JUMP: w->op = op->n; break;
      case PK_OP_UNION:
        assert(w->nunions < PK_LAYOUT_MAXUNIONS); /* more are refused when compiled */
        w->unions[w->nunions].begin = w->unions[w->nunions].end = w->bit;
        w->nunions++;
        w->op++;
        break;
      case PK_OP_MEMBER:
      case PK_OP_TOGETHER: {
        const unsigned k = w->nunions - 1u;
        if (w->bit > w->unions[k].end) w->unions[k].end = w->bit;
        w->bit = op->code == PK_OP_MEMBER ? w->unions[k].begin : w->unions[k].end;
        if (op->code == PK_OP_TOGETHER) w->nunions--;
        w->op++;
        break;
      }
      case PK_OP_PAYLOAD:
        w->op++;
        pass_payload(w, op);
        break;
      case PK_OP_END: return 0;
    }
  }
}

int pk_walk_find (pk_Walk *w, const char *key) {
  while (pk_walk_next(w))
    if (w->field->key == key) return 1;
  return 0;
}

size_t pk_walk_end (pk_Walk *w) {
  size_t at;
  while (pk_walk_next(w)) continue;
  at = bytes_of(w->bit);
  if (w->own != PK_WALK_NONE) return w->own;
  return at <= w->limit ? at : w->limit;
}

uint64_t pk_walk_number (const pk_Walk *w) {
  const pk_Field *f = w->field;
  assert(f != NULL && (pk_field_tells(f) || (f->kind <= PK_BOOLEAN && f->bits > 0)));
  if (pk_field_tells(f))
    return f->codec->value(w->span->bytes + w->span->message, w->span->len - w->span->message,
                           (size_t)(w->at / 8) - w->span->message, (size_t)(w->size / 8));
  return read_number(w->span, w->field, w->at);
}

int pk_walk_length (const pk_Walk *w, size_t *length) {
  uint8_t wrong = 0;
  return length_of(w->field, pk_walk_number(w), length, &wrong);
}

/* --- lists */

void pk_list_begin (pk_List *list, const pk_Walk *w) {
  const pk_Field *f = w->field;
  assert(f->kind == PK_LIST);
  list->field = f;
  list->up = w;
  list->first = list->at = (size_t)(w->at / 8);
  list->limit = w->end;
  list->left = UINT64_MAX;
  list->index = 0;
  list->begin = list->at;
  list->stopped = 0;
  list->wrong = list->cut = list->past = 0;
  if (f->counter != NULL && !count_of(w, f, &list->left)) list->left = 0;
}

int pk_list_next (pk_List *list, pk_Walk *element) {
  const pk_Field *f = list->field;
  const pk_Span *span = list->up->span;
  size_t end;
  if (list->stopped || list->left == 0 || list->at >= list->limit || list->index == UINT32_MAX) return 0;
  if (list->at >= span->len) {
    list->cut = 1;
    return 0;
  }
  list->begin = list->at;
  pk_walk_begin(element, f->sub, list->up, span, (uint64_t)list->at * 8, list->limit);
  if (f->stride > 0) {
    if (f->stride / 8 > list->limit - list->at) {
      list->wrong |= PK_WRONG_SHORT;
      list->stopped = 1;
      return 0;
    }
    end = list->at + f->stride / 8;
    if (f->stop.n > 0 && end <= span->len && pk_walk_holds(element, &f->stop)) list->stopped = 1;
  }
  else {
    pk_Walk probe = *element;
    const pk_Walk *judge = &probe;
    end = pk_walk_end(&probe);
    list->wrong |= probe.wrong;
    list->cut |= probe.cut;
    list->past |= probe.past;
    if (f->stop.n > 0 && pk_walk_holds(judge, &f->stop)) list->stopped = 1;
    if (end <= list->at) { /* nothing there: it would go on for ever */
      list->stopped = 1;
      if (!probe.cut) list->wrong |= PK_WRONG_SHORT;
      return 0;
    }
    if (probe.cut || ((probe.wrong & PK_WRONG_SHORT) && probe.own == PK_WALK_NONE)) list->stopped = 1; /* where the next begins is not told */
  }
  if (f->eachalign > 0) {
    size_t over = (end - list->at) % f->eachalign;
    if (over > 0) end = f->eachalign - over <= list->limit - end ? end + f->eachalign - over : list->limit;
  }
  list->at = end;
  list->index++;
  if (list->left != UINT64_MAX) list->left--;
  return 1;
}

/* --- layers */

/*
** The same as below for a layer whose program of loads can run: no walk, and no bounds to test but those of
** lengths.
*/
static int measure_by_verbs (const pk_Verbs *v, const uint8_t *p, size_t start, size_t limit, pk_Measure *m) {
  const int64_t prefix = v->prefix;
  int64_t room = (int64_t)(limit - start), at = prefix, end, length;
  uint32_t k;
  if ((v->has & PK_HAS_WHEN) && !pk_verbs_holds(p, &v->when)) return 0;
  m->wrong = m->past = m->cut = m->quoted = 0;
  for (k = 0; k < v->nbounds; k++)
    if (pk_verbs_load(p, &v->bounds[k].load) - v->bounds[k].min > v->bounds[k].span) m->wrong |= PK_WRONG_VALUE;
  if ((v->has & PK_HAS_TOTAL) && pk_verbs_length(p, &v->total, &length)) {
    if (length < prefix) {
      m->wrong |= PK_WRONG_LENGTH;
      length = prefix;
    }
    if (length > room)
      m->past = 1;
    else
      room = length;
  }
  end = room;
  if ((v->has & PK_HAS_HEADER) && pk_verbs_length(p, &v->header, &length)) {
    if (length < prefix || length > room) m->wrong |= PK_WRONG_LENGTH;
    if (length >= prefix) at = length <= room ? length : room;
  }
  if ((v->has & PK_HAS_PAYLOAD) && pk_verbs_length(p, &v->payload, &length)) {
    if (length < 0) {
      m->wrong |= PK_WRONG_LENGTH;
      length = 0;
    }
    if (length > room - at)
      m->past = 1;
    else {
      room = at + length;
      if ((v->has & PK_HAS_TOTAL) == 0) end = room;
    }
  }
  m->end = start + (size_t)end;
  m->hdrend = start + (size_t)at;
  m->payend = start + (size_t)room;
  m->upper = NULL;
  m->nextspace = m->hintspace = 0;
  if ((v->has & PK_HAS_NEXT) && pk_verbs_holds(p, &v->next.guard)) {
    m->nextspace = v->next.space;
    m->nextvalue = pk_verbs_load(p, &v->next.load);
  }
  if ((v->has & PK_HAS_HINT) && pk_verbs_holds(p, &v->hint.guard)) {
    m->hintspace = v->hint.space;
    m->hintvalue = pk_verbs_load(p, &v->hint.load);
  }
  m->follow = (uint8_t)((v->has & PK_HAS_FOLLOW) == 0 || pk_verbs_holds(p, &v->follow));
  m->fragment = (uint8_t)(v->fragment.how != PK_GUARD_ALWAYS && pk_verbs_holds(p, &v->fragment));
  return 1;
}

int pk_walk_measure (const pk_Layout *l, const pk_Span *span, size_t start, size_t limit, pk_Measure *m) {
  pk_Walk w;
  size_t at, room;
  if (pk_verbs_reach(l->verbs, start, limit, span->len))
    return measure_by_verbs(l->verbs, span->bytes + start, start, limit, m);
  pk_walk_begin(&w, l, NULL, span, (uint64_t)start * 8, limit);
  if (l->when.n > 0 && !pk_walk_holds(&w, &l->when)) return 0;
  while (pk_walk_next(&w)) continue;
  m->cut = w.cut;
  m->end = w.own != PK_WALK_NONE ? w.own : limit;
  if (w.hdrend == PK_WALK_NONE) {
    at = bytes_of(w.bit);
    if (w.header != PK_WALK_NONE && w.header >= at) at = w.header;
    if (at > w.limit) {
      w.wrong |= PK_WRONG_LENGTH;
      at = w.limit;
    }
    w.hdrend = at;
    room = w.limit - at;
    if (w.paylen == PK_WALK_NONE)
      w.paylen = room;
    else if (w.paylen > room) {
      w.past = 1;
      w.paylen = room;
    }
  }
  m->past = w.past;
  m->hdrend = w.hdrend;
  m->payend = w.hdrend + w.paylen;
  if (w.own == PK_WALK_NONE && w.paygiven && l->trailer == 0)
    m->end = bytes_of(w.bit) > m->payend ? bytes_of(w.bit) : m->payend; /* fields may follow it */
  m->upper = w.upper;
  m->nextspace = w.nextspace;
  m->hintspace = w.hintspace;
  m->nextvalue = w.nextvalue;
  m->hintvalue = w.hintvalue;
  m->wrong = w.wrong;
  m->quoted = w.quoted;
  m->follow = 1;
  m->fragment = 0;
  if (l->follow.n > 0 && !pk_walk_holds(&w, &l->follow)) m->follow = 0;
  if (l->fragment.n > 0 && pk_walk_holds(&w, &l->fragment)) m->fragment = 1;
  return 1;
}
