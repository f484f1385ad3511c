/*
** fvalue.c: the values that paths lead to in a frame, and the tests of them.
*/
#include <assert.h>
#include <math.h>
#include <string.h>

#include "bits.h"
#include "ftree.h"
#include "sums.h"
#include "verbs.h"

#define VISITS 100000      /* elements that one test may look at: frames are hostile */
#define MAXSUMS 64

/* --- the frame's layers */

int pk_run_ready (pk_Run *r) {
  if (r->ready) return !r->wrong;
  r->ready = 1;
  pk_packet_begin(&r->p, r->first, r->frame->bytes, r->frame->len, r->frame->wirelen);
  if (r->shape != NULL && !pk_shape_put(r->shape, &r->p)) r->wrong = 1;
  return !r->wrong;
}

static const pk_Layer *find_layer (pk_Run *r, const pk_Path *path) {
  if (!pk_run_ready(r)) return NULL;
  if (path->n == 1) return pk_packet_seek(&r->p, r->b, path->layout);
  pk_packet_seek(&r->p, r->b, NULL);
  return pk_packet_layer(&r->p, path->layout, path->n);
}

/* Finds and measures all layers: 0 when the shape was wrong. */
static int measure_all (pk_Run *r) {
  if (!pk_run_ready(r)) return 0;
  if (r->p.known != PK_KNOWN_ALL)
    pk_packet_dissect(&r->p, r->b, r->first, r->frame->bytes, r->frame->len, r->frame->wirelen);
  return 1;
}

static int any_flag (const pk_Packet *p, uint8_t flag) {
  uint32_t k;
  for (k = 0; k < p->nlayers; k++)
    if (p->layers[k].flags & flag) return 1;
  return 0;
}

static int bad_sum (const pk_Packet *p) {
  pk_SumCheck checks[MAXSUMS];
  size_t n = pk_packet_verify(p, checks, MAXSUMS), k;
  for (k = 0; k < n && k < MAXSUMS; k++)
    if (checks[k].verdict == PK_SUM_BAD) return 1;
  return 0;
}

/* --- giving values */

typedef struct Seeker {
  const pk_Path *path;
  pk_Visit visit;
  void *arg;
  const pk_Span *span;
  uint32_t *left; /* elements that may be looked at yet */
} Seeker;

/* 1, or 0: too many have been looked at. */
static int spend (const Seeker *s, uint32_t n) {
  if (*s->left < n) {
    *s->left = 0;
    return 0;
  }
  *s->left -= n;
  return 1;
}

static uint64_t big_endian (const uint8_t *p, size_t n) {
  uint64_t value = 0;
  while (n-- > 0) value = value << 8 | *p++;
  return value;
}

static int give_integer (const Seeker *s, pk_Type type, uint64_t n) {
  pk_Val v;
  memset(&v, 0, sizeof(v));
  v.type = type;
  v.n = n;
  return s->visit(s->arg, &v);
}

/* Bytes, or those of them that the path chooses. */
static int give_bytes (const Seeker *s, const uint8_t *bytes, size_t len, const pk_Field *f) {
  const pk_Path *path = s->path;
  pk_Val v;
  memset(&v, 0, sizeof(v));
  v.type = TYPE_BYTES;
  v.s = bytes;
  v.len = len;
  v.field = f;
  if (f != NULL) v.codec = f->codec;
  if (path->sliced) {
    if (path->offset >= len) return 0;
    v.len = path->length != PK_OPEN ? path->length : len - path->offset;
    if (v.len > len - path->offset) return 0;
    v.s += path->offset;
    v.codec = NULL;
    v.field = NULL;
    if (v.len <= 8 && path->length != PK_OPEN && !path->asbytes) {
      v.type = TYPE_INTEGER;
      v.n = big_endian(v.s, v.len);
    }
  }
  return s->visit(s->arg, &v);
}

static double float_of (const pk_Field *f, uint64_t bits) {
  const uint32_t low = (uint32_t)bits;
  double d;
  float single;
  if (f->bits == 64) {
    memcpy(&d, &bits, sizeof(d));
    return d;
  }
  memcpy(&single, &low, sizeof(single));
  return (double)single;
}

/* Decimal digits as an integer; 0: no such, or of more than 64 bits. */
static int integer_of (const char *s, size_t len, uint64_t *n) {
  const int negative = len > 0 && s[0] == '-';
  uint64_t value = 0;
  size_t k;
  if (len == (size_t)negative) return 0;
  for (k = (size_t)negative; k < len; k++) {
    const unsigned digit = (unsigned)(s[k] - '0');
    if (digit > 9 || value > ((uint64_t)INT64_MAX + (unsigned)negative - digit) / 10) return 0;
    value = value * 10 + digit;
  }
  *n = negative ? 0 - value : value;
  return 1;
}

/* Text forms without constant size. */
static int give_printed (const Seeker *s, const pk_Field *f, const uint8_t *message, size_t len, size_t off, size_t size) {
  char buffer[PK_GETTER_TEXT];
  pk_Text text = pk_text_begin(buffer, sizeof(buffer));
  pk_Val v;
  if (f->codec->measure == NULL && !f->codec->number) return give_bytes(s, message + off, size, f); /* digits for bytes */
  if (2 * size + 1 > sizeof(buffer) || !f->codec->print(message, len, off, size, &text)) return 0;
  if (s->path->sliced) return give_bytes(s, (const uint8_t *)buffer, text.len, f);
  memset(&v, 0, sizeof(v));
  v.field = f;
  v.codec = f->codec;
  v.s = (const uint8_t *)buffer;
  v.len = text.len;
  v.type = TYPE_BYTES;
  if (f->codec->number) {
    if (!integer_of(buffer, text.len, &v.n)) return 0;
    v.type = TYPE_INTEGER;
  }
  return s->visit(s->arg, &v);
}

/* The value of the field at which a walk stands; nothing when not all of it was captured. */
static int give_leaf (const Seeker *s, const pk_Walk *w) {
  const pk_Field *f = w->field;
  const pk_Span *span = s->span;
  const size_t at = (size_t)(w->at / 8), size = (size_t)(w->size / 8);
  pk_Val v;
  if (f->codec == NULL && f->kind != PK_STRING) {
    memset(&v, 0, sizeof(v));
    v.field = f;
    v.type = f->real ? TYPE_FLOAT : f->kind == PK_BOOLEAN ? TYPE_BOOLEAN : TYPE_INTEGER;
    v.n = pk_walk_number(w);
    if (f->kind == PK_BOOLEAN) v.n = v.n != 0;
    if (f->real) v.d = float_of(f, v.n);
    return s->visit(s->arg, &v);
  }
  if (w->at % 8 != 0 || w->size % 8 != 0 || at > span->len || size > span->len - at) return 0;
  if (s->path->sliced && (f->codec == NULL || f->codec->measure == NULL)) return give_bytes(s, span->bytes + at, size, f);
  if (f->codec != NULL && f->codec->size == 0) {
    if (f->bits > 0) return give_printed(s, f, span->bytes + at, size, 0, size);
    return give_printed(s, f, span->bytes + span->message, span->len - span->message, at - span->message, size);
  }
  if (f->codec != NULL && f->codec->size <= 8) {
    memset(&v, 0, sizeof(v));
    v.field = f;
    v.codec = f->codec;
    v.type = TYPE_INTEGER;
    v.s = span->bytes + at;
    v.len = f->codec->size;
    v.n = big_endian(v.s, v.len);
    return s->visit(s->arg, &v);
  }
  return give_bytes(s, span->bytes + at, size, f);
}

/* What has members is there. */
static int give_presence (const Seeker *s) {
  return give_integer(s, TYPE_BOOLEAN, 1);
}

/* --- steps */

static int take_step (const Seeker *s, pk_Walk *w, uint32_t k);

/* A walk at the begin of an element. */
static int enter_element (const Seeker *s, pk_Walk *w, uint32_t k) {
  const pk_Layout *l = w->layout;
  if (l->nfields == 1 && l->fields[0].key[0] == '\0') { /* its elements are values */
    if (!pk_walk_next(w)) return 0;
    if (pk_kind_isleaf((pk_Kind)w->field->kind)) return k == s->path->nsteps ? give_leaf(s, w) : 0;
    if (k == s->path->nsteps) return give_presence(s);
    if (w->field->kind == PK_STRUCT || w->field->kind == PK_UNION) {
      pk_Walk inner;
      pk_walk_begin(&inner, w->field->sub, w, w->span, w->at, w->end);
      return take_step(s, &inner, k);
    }
    return 0;
  }
  return k == s->path->nsteps ? give_presence(s) : take_step(s, w, k);
}

static int over_array (const Seeker *s, const pk_Walk *w, uint32_t k, int32_t wanted) {
  const pk_Field *f = w->field;
  uint32_t n = 0, end = f->count;
  if (wanted != 0) {
    const int64_t at = wanted > 0 ? wanted : (int64_t)f->count + 1 + wanted;
    if (at < 1 || at > (int64_t)f->count) return 0;
    n = (uint32_t)at - 1;
    end = n + 1;
  }
  for (; n < end; n++) {
    pk_Walk element;
    if (!spend(s, 1)) return 0;
    pk_walk_begin(&element, f->sub, w, w->span, w->at + (uint64_t)n * f->stride, w->limit);
    if (enter_element(s, &element, k)) return 1;
  }
  return 0;
}

static int over_list (const Seeker *s, const pk_Walk *w, uint32_t k, int32_t wanted) {
  pk_Walk element;
  pk_List list;
  if (wanted < 0) { /* from the end: counted first */
    pk_list_begin(&list, w);
    while (pk_list_next(&list, &element))
      if (!spend(s, 1)) return 0;
    if ((int64_t)list.index + 1 + wanted < 1) return 0;
    wanted = (int32_t)((int64_t)list.index + 1 + wanted);
  }
  pk_list_begin(&list, w);
  while (pk_list_next(&list, &element)) {
    if (!spend(s, 1)) return 0;
    if (wanted == 0) {
      if (enter_element(s, &element, k)) return 1;
    }
    else if (list.index == (uint32_t)wanted)
      return enter_element(s, &element, k);
  }
  return 0;
}

/* From the begin of a struct to the field of step `k`, and on. */
static int take_step (const Seeker *s, pk_Walk *w, uint32_t k) {
  const pk_Step *step = &s->path->steps[k];
  const pk_Field *f;
  const int last = k + 1 == s->path->nsteps;
  if (!pk_walk_find(w, step->field->key)) return 0;
  f = w->field;
  if (pk_kind_isleaf((pk_Kind)f->kind)) return last ? give_leaf(s, w) : 0;
  if (f->sub != step->field->sub) return 0; /* another field of that key */
  switch ((pk_Kind)f->kind) {
    case PK_STRUCT:
    case PK_UNION: {
      pk_Walk inner;
      if (last) return give_presence(s);
      pk_walk_begin(&inner, f->sub, w, w->span, w->at, w->end);
      return take_step(s, &inner, k + 1);
    }
    case PK_ARRAY: return over_array(s, w, k + 1, step->element);
    case PK_LIST: return over_list(s, w, k + 1, step->element); /* there when it has an element */
    default: return 0;
  }
}

/* --- paths */

/* A field at a constant place: a walk that stands there, or 0: not all of it is there. */
static int stand_at (const pk_Layer *layer, const pk_Field *f, const pk_Span *span, pk_Walk *w) {
  w->span = span;
  w->field = f;
  w->at = (uint64_t)layer->start * 8 + f->offset;
  w->size = f->bits;
  w->end = (size_t)((w->at + f->bits + 7) / 8);
  return w->end <= layer->limit && w->end <= span->len;
}

static int values_of_layer (const pk_Packet *p, const Seeker *from, const pk_Layer *layer) {
  const pk_Path *path = from->path;
  pk_Span span = p->span;
  Seeker s = *from;
  pk_Walk w;
  span.message = layer->start;
  s.span = &span;
  if (path->kind == PATH_LAYER) {
    pk_Measure m;
    size_t end = layer->limit;
    if (pk_walk_measure(layer->layout, &span, layer->start, layer->limit, &m)) end = m.end;
    if (end > span.len) end = span.len;
    return give_bytes(&s, span.bytes + layer->start, end > layer->start ? end - layer->start : 0, NULL);
  }
  if (path->nsteps == 1 && path->steps[0].field->fixed && pk_kind_isleaf((pk_Kind)path->steps[0].field->kind))
    return stand_at(layer, path->steps[0].field, &span, &w) ? give_leaf(&s, &w) : 0;
  pk_walk_begin(&w, layer->layout, NULL, &span, (uint64_t)layer->start * 8, layer->limit);
  return take_step(&s, &w, 0);
}

static int values_of_frame (const pk_FilterFrame *frame, const Seeker *s) {
  switch (s->path->kind) {
    case PATH_LENGTH: return give_integer(s, TYPE_INTEGER, frame->wirelen > frame->len ? frame->wirelen : frame->len);
    case PATH_CAPTURED: return give_integer(s, TYPE_INTEGER, frame->len);
    case PATH_TIME: return frame->hastime ? give_integer(s, TYPE_INTEGER, (uint64_t)frame->time) : 0;
    case PATH_NUMBER: return frame->number > 0 ? give_integer(s, TYPE_INTEGER, frame->number) : 0;
    case PATH_INTERFACE: return frame->interface > 0 ? give_integer(s, TYPE_INTEGER, frame->interface) : 0;
    case PATH_LINKTYPE: return frame->linktype >= 0 ? give_integer(s, TYPE_INTEGER, (uint64_t)frame->linktype) : 0;
    default: return give_bytes(s, frame->bytes, frame->len, NULL);
  }
}

/* What is known of packets whose layers are measured. */
static int values_of_measured (const pk_Packet *p, const Seeker *s) {
  size_t begin, end;
  assert(p->known == PK_KNOWN_ALL);
  switch (s->path->kind) {
    case PATH_TRUNCATED:
      return give_integer(s, TYPE_BOOLEAN, p->span.len < p->wirelen || any_flag(p, PK_LAYER_CUT));
    case PATH_MALFORMED: return give_integer(s, TYPE_BOOLEAN, (uint64_t)any_flag(p, PK_LAYER_MALFORMED));
    case PATH_INCOMPLETE: return give_integer(s, TYPE_BOOLEAN, (uint64_t)any_flag(p, PK_LAYER_INCOMPLETE));
    case PATH_BADSUM: return give_integer(s, TYPE_BOOLEAN, (uint64_t)bad_sum(p));
    default:
      if (s->path->kind == PATH_PAYLOAD)
        pk_packet_payload(p, &begin, &end);
      else
        pk_packet_padding(p, &begin, &end);
      return begin < end ? give_bytes(s, p->span.bytes + begin, end - begin, NULL) : 0;
  }
}

typedef enum Whose { OF_LAYER, OF_FRAME, OF_MEASURED } Whose;

static inline Whose whose (pk_PathKind kind) {
  if (kind <= PATH_FIELD) return OF_LAYER;
  return kind >= PATH_FRAME && kind <= PATH_LINKTYPE ? OF_FRAME : OF_MEASURED;
}

static int values_of (pk_Run *r, const Seeker *s) {
  const pk_Layer *layer;
  switch (whose(s->path->kind)) {
    case OF_FRAME: return values_of_frame(r->frame, s);
    case OF_MEASURED: return measure_all(r) ? values_of_measured(&r->p, s) : 0;
    default:
      layer = find_layer(r, s->path);
      return layer != NULL ? values_of_layer(&r->p, s, layer) : 0;
  }
}

int pk_path_inpacket (const pk_Packet *p, const pk_Path *path, pk_Visit visit, void *arg) {
  const pk_FilterFrame frame = {.bytes = p->span.bytes, .len = p->span.len, .wirelen = p->wirelen, .linktype = -1};
  uint32_t left = UINT32_MAX; /* once over */
  Seeker s;
  s.visit = visit;
  s.arg = arg;
  s.span = NULL;
  s.left = &left;
  for (; path != NULL; path = path->other) {
    const pk_Layer *layer;
    int done = 0;
    s.path = path;
    switch (whose(path->kind)) {
      case OF_FRAME: done = values_of_frame(&frame, &s); break;
      case OF_MEASURED: done = values_of_measured(p, &s); break;
      default:
        layer = pk_packet_layer(p, path->layout, path->n);
        if (layer != NULL) done = values_of_layer(p, &s, layer);
    }
    if (done) return 1;
  }
  return 0;
}

int pk_path_values (pk_Run *r, const pk_Path *path, pk_Visit visit, void *arg) {
  Seeker s;
  s.visit = visit;
  s.arg = arg;
  s.span = NULL;
  s.left = &r->left;
  for (; path != NULL; path = path->other) {
    s.path = path;
    if (values_of(r, &s)) return 1;
  }
  return 0;
}

/* --- tests */

static int in_integers (const pk_Set *set, uint64_t v) {
  uint32_t low = 0, high = set->n;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (set->integers[middle].high < v)
      low = middle + 1;
    else
      high = middle;
  }
  return low < set->n && set->integers[low].low <= v;
}

int pk_set_has (const pk_Set *set, uint64_t v) {
  return in_integers(set, v);
}

static int in_strings (const pk_Set *set, const pk_Val *v) {
  uint32_t low = 0, high = set->n;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (pk_bytes_compare(set->strings[middle].high, set->strings[middle].highlen, v->s, v->len) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < set->n && pk_bytes_compare(set->strings[low].low, set->strings[low].lowlen, v->s, v->len) <= 0;
}

/* An integer beside a float, exactly; NaN is beside nothing: 2. */
static int compare_float (uint64_t n, int isunsigned, double d) {
  const int negative = !isunsigned && (int64_t)n < 0;
  double whole;
  if (d != d) return 2;
  if (negative) {
    if (d >= 0 || d < -9223372036854775808.0) return d >= 0 ? -1 : 1;
    whole = floor(d);
    if ((int64_t)n != (int64_t)whole) return (int64_t)n < (int64_t)whole ? -1 : 1;
    return d > whole ? -1 : 0;
  }
  if (d < 0 || d >= 18446744073709551616.0) return d < 0 ? 1 : -1;
  whole = floor(d);
  if (n != (uint64_t)whole) return n < (uint64_t)whole ? -1 : 1;
  return d > whole ? -1 : 0;
}

/* -1, 0, 1; 2: neither. */
static int compare (const pk_Val *a, const pk_Val *b, int isunsigned) {
  if (a->type == TYPE_BYTES) {
    const int order = pk_bytes_compare(a->s, a->len, b->s, b->len);
    return (order > 0) - (order < 0);
  }
  if (a->type == TYPE_FLOAT && b->type == TYPE_FLOAT) return a->d != a->d || b->d != b->d ? 2 : (a->d > b->d) - (a->d < b->d);
  if (b->type == TYPE_FLOAT) return compare_float(a->n, isunsigned, b->d);
  if (a->type == TYPE_FLOAT) {
    const int order = compare_float(b->n, isunsigned, a->d);
    return order == 2 ? 2 : -order;
  }
  if (isunsigned) return (a->n > b->n) - (a->n < b->n);
  return ((int64_t)a->n > (int64_t)b->n) - ((int64_t)a->n < (int64_t)b->n);
}

static int in_floats (const pk_Set *set, const pk_Val *v) {
  uint32_t k;
  for (k = 0; k < set->n; k++)
    if (v->type == TYPE_FLOAT ? set->floats[k].low <= v->d && v->d <= set->floats[k].high
                              : compare_float(v->n, 0, set->floats[k].low) >= 0 && compare_float(v->n, 0, set->floats[k].low) != 2 &&
                                  compare_float(v->n, 0, set->floats[k].high) <= 0)
      return 1;
  return 0;
}

static int contains (const pk_Val *a, const pk_Val *b) {
  const uint8_t *at = a->s;
  size_t left = a->len;
  if (b->len == 0) return 1;
  while (left >= b->len) {
    const uint8_t *found = (const uint8_t *)memchr(at, b->s[0], left - b->len + 1);
    if (found == NULL) return 0;
    if (memcmp(found, b->s, b->len) == 0) return 1;
    left -= (size_t)(found - at) + 1;
    at = found + 1;
  }
  return 0;
}

/* A test while the values of its paths are gone through, each path in one of the others. */
typedef struct Trial {
  pk_Run *r;
  const pk_Atom *a;
  uint32_t k;    /* the path whose values come */
  int seen;      /* there were values for all */
  pk_Val values[PK_REG_MAXPATHS];
} Trial;

static const pk_Val *reg (const Trial *t, const pk_Val *computed, uint8_t k) {
  if (k >= PK_REG_COMPUTED) return &computed[k - PK_REG_COMPUTED];
  return k >= PK_REG_CONSTANT ? &t->a->constants[k - PK_REG_CONSTANT] : &t->values[k];
}

/* All values are there: 1 ends the search, the test's answer being known. */
static int decide (Trial *t) {
  const pk_Atom *a = t->a;
  pk_Val computed[PK_REG_MAXCOMPUTED];
  const pk_Val *x, *y;
  uint32_t k;
  int order;
  for (k = 0; k < a->ncode; k++) {
    const pk_FIns *ins = &a->code[k];
    if (!pk_calculate(ins->op, reg(t, computed, ins->a), reg(t, computed, ins->b), &computed[ins->to])) return 0;
  }
  t->seen = 1;
  x = reg(t, computed, a->a);
  if (a->kind == ATOM_IN) {
    if (a->set.strings != NULL) return in_strings(&a->set, x);
    if (a->set.floats != NULL) return in_floats(&a->set, x);
    return in_integers(&a->set, a->isunsigned ? x->n : x->n ^ PK_SIGN);
  }
  if (a->kind == ATOM_MATCHES) return pk_regex_match(a->regex, x->s, x->len);
  y = reg(t, computed, a->b);
  if (a->kind == ATOM_CONTAINS) return contains(x, y);
  order = compare(x, y, a->isunsigned);
  switch (a->op) {
    case FT_EQ:
    case FT_NE: return order == 0; /* of != the other way: one that is equal refutes it */
    case FT_LT: return order == -1;
    case FT_LE: return order == -1 || order == 0;
    case FT_GT: return order == 1;
    default: return order == 0 || order == 1;
  }
}

static int on_value (void *arg, const pk_Val *v) {
  Trial *t = (Trial *)arg;
  int done;
  if (t->r->left == 0) return 0;
  t->r->left--;
  if ((v->type == TYPE_BYTES) != (t->a->types[t->k] == TYPE_BYTES)) return 0; /* another field of that key */
  t->values[t->k] = *v;
  if (++t->k == t->a->npaths)
    done = decide(t);
  else { /* what is walked over on the way counts too */
    const uint32_t way = t->a->paths[t->k]->direct ? 1 : 1 + (uint32_t)(t->r->frame->len / 16);
    done = 0;
    if (t->r->left >= way) {
      t->r->left -= way;
      done = pk_path_values(t->r, t->a->paths[t->k], on_value, t);
    }
    else
      t->r->left = 0;
  }
  t->k--;
  return done;
}

static int try_values (pk_Run *r, const pk_Atom *a) {
  Trial t;
  int done;
  t.r = r;
  t.a = a;
  t.k = 0;
  t.seen = 0;
  done = a->npaths == 0 ? decide(&t) : pk_path_values(r, a->paths[0], on_value, &t);
  return (a->kind == ATOM_COMPARE || a->kind == ATOM_IN) && a->op == FT_NE ? t.seen && !done : done;
}

static int on_there (void *arg, const pk_Val *v) {
  (void)arg;
  (void)v;
  return 1;
}

static int on_true (void *arg, const pk_Val *v) {
  (void)arg;
  return v->type != TYPE_BYTES && v->n != 0;
}

/* The number at a constant place of a layer that is there: 1, or 0: not all of it is. */
static int load_direct (const pk_Run *r, const pk_Layer *layer, const pk_Path *path, const pk_Load *load, uint64_t *v) {
  const pk_Span *span = &r->p.span;
  const uint8_t *at = span->bytes + layer->start;
  if (path->last > layer->limit - layer->start || layer->start > span->len || path->last > span->len - layer->start) return 0;
  if (load->byte + 8 <= span->len - layer->start)
    *v = pk_verbs_load(at, load);
  else {
    const pk_Field *f = path->steps[0].field;
    *v = pk_bits_get(at + f->offset / 8, f->offset % 8, f->bits, 0) & load->mask;
  }
  return 1;
}

int pk_atom_holds (pk_Run *r, const pk_Atom *a) {
  const pk_Layer *layer;
  uint64_t v;
  r->left = VISITS;
  switch (a->kind) {
    case ATOM_CONSTANT: return !a->negate;
    case ATOM_LAYER: return find_layer(r, a->path) != NULL;
    case ATOM_DIRECT:
      layer = find_layer(r, a->path);
      if (layer == NULL || !load_direct(r, layer, a->path, &a->load, &v)) return 0;
      return in_integers(&a->set, v) != a->negate;
    case ATOM_THERE: return pk_path_values(r, a->path, on_there, NULL);
    case ATOM_TRUE: return pk_path_values(r, a->path, on_true, NULL);
    default: return try_values(r, a);
  }
}
