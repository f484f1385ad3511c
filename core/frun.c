/*
** frun.c: the program asked of frames. For each shape that frames have (shape.h) it becomes loads at constant
** places; what is left open by them is asked as the general program asks it, whose answers are the same.
*/
#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "ftree.h"
#include "inner.h"
#include "verbs.h"

#define MAXPOINTS 256 /* of programs that are made anew for shapes */

#define MAXVALUES 3

/* A branching point for frames of one shape. */
typedef struct Point {
  const pk_Atom *atom;    /* asked, when `mask` is 0; else its set, when it is more than an interval */
  const pk_Verbs *top;    /* asked, but when this layer, which begins at `off`, names none of `values`, */
  int nvalues;            /* above which alone what is asked for may stand; -1: they are many, */
  uint64_t values[MAXVALUES];
  uint64_t bit;           /* and have this bit */
  size_t off;          /* eight bytes from there on */
  uint64_t mask;
  uint64_t min, span;
  uint8_t shift, negate, list;
  int32_t yes, no;
} Point;

/* The first load of most frames: what it decides is looked up, and no branch. */
typedef struct Opening {
  size_t off;
  uint64_t mask, min, span;
  uint32_t shift, negate;
  int32_t go[2]; /* on no and on yes */
} Opening;

/* Where a column's value is in frames of one shape. */
typedef struct Place {
  enum { PLACE_ASK, PLACE_LOAD, PLACE_BYTES, PLACE_NONE, PLACE_FRAME } how;
  pk_PathKind kind; /* of what is said of the frame */
  size_t off;
  uint64_t mask;
  uint8_t shift;
  size_t at; /* its first byte */
  pk_ColumnKind column;
  const pk_Field *field;
  const pk_Codec *codec;
} Place;

/* The program for a shape. */
typedef struct Special {
  Opening opening;
  int32_t begin;
  Point *points;
  Place *places;
} Special;

struct pk_FilterState {
  pk_Filter *filter;
  unsigned version;
  pk_Run run;
  Special specials[PK_SHAPES];
  const Special *special; /* of the frame that was asked last, when its shape told all; or NULL */
  pk_Shapes shapes;
  char text[PK_GETTER_TEXT];
};

/* --- states */

static void begin_state (pk_FilterState *s, pk_Filter *f, const pk_Bindings *b, unsigned version, const pk_Layout *first) {
  s->filter = f;
  s->version = version;
  s->run.b = b;
  s->run.first = first;
  s->special = NULL;
  pk_packet_init(&s->run.p, NULL);
  memset(&s->shapes, 0, sizeof(s->shapes));
}

static pk_FilterState *new_state (const pk_Filter *f) {
  const uint32_t n = f->npoints <= MAXPOINTS ? f->npoints : 0;
  const size_t points = n * sizeof(Point), places = f->ncolumns * sizeof(Place);
  const size_t head = (sizeof(pk_FilterState) + 15) / 16 * 16;
  pk_FilterState *s = (pk_FilterState *)pk_realloc(NULL, head + PK_SHAPES * (points + places));
  uint32_t k;
  if (s == NULL) return NULL;
  memset(s, 0, sizeof(*s));
  for (k = 0; k < PK_SHAPES; k++) {
    char *at = (char *)s + head + k * (points + places);
    s->specials[k].points = (Point *)at;
    s->specials[k].places = (Place *)(at + points);
  }
  return s;
}

pk_FilterState *pk_filter_state (pk_Filter *f, const pk_Bindings *b, unsigned version, const pk_Layout *first) {
  pk_FilterState *s = NULL;
  uint32_t k;
  for (k = 0; k < PK_FILTER_STATES && f->states[k] != NULL; k++) {
    s = f->states[k];
    if (s->run.b == b && s->version == version && s->run.first == first) break;
  }
  if (k == PK_FILTER_STATES || f->states[k] == NULL) { /* a new one, or the one that was longest not asked */
    if (k < PK_FILTER_STATES)
      s = new_state(f);
    else
      k--;
    if (s == NULL) return NULL;
    f->epoch++;
    begin_state(s, f, b, version, first);
  }
  for (; k > 0; k--) f->states[k] = f->states[k - 1];
  return f->states[0] = s;
}

const uint32_t *pk_filter_epoch (const pk_Filter *f) {
  return &f->epoch;
}

/* --- programs for shapes */

typedef enum Known { KNOWN_NOT, KNOWN_ABSENT, KNOWN_THERE } Known;

/* Whether frames of a shape have a layer, and where. */
static Known layer_in (const pk_Shape *s, const pk_Path *path, size_t *start) {
  const uint64_t bit = pk_bindings_bit(path->layout);
  uint32_t k, n = 0;
  for (k = 0; k < s->nlayers; k++)
    if (s->layers[k].layout == path->layout && ++n == path->n) {
      *start = s->layers[k].start;
      return KNOWN_THERE;
    }
  if (path->n == 1) return (s->may & bit) == 0 ? KNOWN_ABSENT : KNOWN_NOT;
  return s->known == PK_KNOWN_NEXT && (s->reach & bit) == 0 ? KNOWN_ABSENT : KNOWN_NOT;
}

/* Whether all of a path's places are in layers that frames of the shape do not have. */
static int is_absent (const pk_Shape *s, const pk_Path *path) {
  size_t start;
  for (; path != NULL; path = path->other)
    if (path->layout == NULL || layer_in(s, path, &start) != KNOWN_ABSENT) return 0;
  return 1;
}

/* A field that always stands at one place of its layer, whose fixed fields are there whenever the layer is in a shape. */
static int is_fixed (const pk_Path *path) {
  const pk_Field *f = path->steps[0].field;
  return path->kind == PATH_FIELD && path->nsteps == 1 && !path->sliced && f->fixed && pk_kind_isleaf((pk_Kind)f->kind);
}

/* Whether one of a path's places is in frames of the shape, be it what it may. */
static int is_there (const pk_Shape *s, const pk_Path *path) {
  size_t start;
  for (; path != NULL; path = path->other)
    if (path->layout != NULL && (path->kind == PATH_LAYER ? !path->sliced : is_fixed(path)) &&
        layer_in(s, path, &start) == KNOWN_THERE)
      return 1;
  return 0;
}

static int misses_value (const pk_Shape *s, const pk_Atom *a) {
  uint32_t k;
  if (a->path != NULL) return is_absent(s, a->path);
  for (k = 0; k < a->npaths; k++)
    if (is_absent(s, a->paths[k])) return 1;
  return 0;
}

/* What stands above the shape's last layer is told by what that layer names: ports, mostly of nobody. */
static void look_above (const pk_Bindings *b, const pk_Shape *s, const pk_Path *path, Point *to) {
  const pk_ShapeLayer *last = &s->layers[s->nlayers - 1];
  size_t start;
  if (s->known != PK_KNOWN_LAST || path->n != 1 || layer_in(s, path, &start) != KNOWN_NOT) return;
  to->top = last->layout->verbs;
  to->off = last->start;
  to->bit = pk_bindings_bit(path->layout);
  to->nvalues = -1;
  if (to->top->has & PK_HAS_FOLLOW || to->top->next.guard.how != PK_GUARD_ALWAYS || to->top->hint.guard.how != PK_GUARD_ALWAYS ||
      (to->top->has & (PK_HAS_NEXT | PK_HAS_HINT)) != (PK_HAS_NEXT | PK_HAS_HINT) || to->top->next.space != to->top->hint.space)
    return;
  to->nvalues = pk_bindings_leading(b, to->top->next.space, to->bit, to->values, MAXVALUES);
}

/* Makes one point of the program; the later ones have been made. Returns where the program goes on there. */
static int32_t make_point (const pk_Bindings *b, const pk_Shape *s, const pk_Branchpoint *from, Point *to, int32_t at, const int32_t *go) {
  const pk_Atom *a = from->atom;
  const int32_t yes = from->yes >= 0 ? go[from->yes] : from->yes, no = from->no >= 0 ? go[from->no] : from->no;
  size_t start = 0;
  if (misses_value(s, a)) return no;
  if (yes == no) return yes;
  memset(to, 0, sizeof(*to));
  to->atom = a;
  to->yes = yes;
  to->no = no;
  if ((a->kind == ATOM_LAYER && layer_in(s, a->path, &start) == KNOWN_THERE) || (a->kind == ATOM_THERE && is_there(s, a->path)))
    return yes;
  if (a->kind == ATOM_DIRECT && layer_in(s, a->path, &start) == KNOWN_THERE) {
    if (a->set.n == 0) return a->negate ? yes : no;
    to->off = start + a->load.byte;
    to->shift = a->load.shift;
    to->mask = a->load.mask;
    to->negate = (uint8_t)(a->negate != 0);
    to->min = a->set.integers[0].low;
    to->span = a->set.integers[0].high - to->min;
    to->list = a->set.n > 1;
  }
  else if (a->path != NULL && a->path->layout != NULL && a->path->other == NULL)
    look_above(b, s, a->path, to);
  return at;
}

static void make_place (const pk_Shape *s, const pk_ColumnDef *column, Place *to) {
  const pk_Path *path = column->path;
  size_t start = 0;
  memset(to, 0, sizeof(*to));
  if (is_absent(s, path)) {
    to->how = PLACE_NONE;
    return;
  }
  if (path->kind == PATH_LENGTH || path->kind == PATH_CAPTURED || path->kind == PATH_TIME || path->kind == PATH_NUMBER) {
    to->how = PLACE_FRAME;
    to->kind = path->kind;
    return;
  }
  while (path->other != NULL && path->layout != NULL && layer_in(s, path, &start) == KNOWN_ABSENT) path = path->other;
  if (path->layout == NULL || !is_fixed(path) || layer_in(s, path, &start) != KNOWN_THERE) return;
  to->field = path->steps[0].field;
  to->codec = to->field->codec;
  to->column = to->codec != NULL ? PK_COLUMN_ADDRESS : to->field->kind == PK_BOOLEAN ? PK_COLUMN_BOOLEAN : PK_COLUMN_INTEGER;
  to->at = start + to->field->offset / 8;
  if (path->direct) {
    to->how = PLACE_LOAD;
    to->off = start + path->load.byte;
    to->mask = path->load.mask;
    to->shift = path->load.shift;
  }
  else if (to->codec != NULL && to->codec->size > 8 && to->field->offset % 8 == 0)
    to->how = PLACE_BYTES;
}

static PK_COLD void specialise (pk_FilterState *s, pk_ShapeTest *test) {
  const pk_Shape *shape = test->shape;
  Special *to = &s->specials[shape - s->shapes.shapes];
  const pk_Filter *f = s->filter;
  int32_t go[MAXPOINTS];
  uint32_t k;
  test->special = to;
  memset(to->points, 0, f->npoints * sizeof(*to->points));
  for (k = f->npoints; k-- > 0;) go[k] = make_point(s->run.b, shape, &f->points[k], &to->points[k], (int32_t)k, go);
  to->begin = f->begin >= 0 ? go[f->begin] : f->begin;
  for (k = 0; k < f->ncolumns; k++) make_place(shape, &f->columns[k], &to->places[k]);
  memset(&to->opening, 0, sizeof(to->opening));
  to->opening.go[0] = to->opening.go[1] = to->begin; /* when no load decides it */
  if (to->begin >= 0 && to->points[to->begin].mask != 0 && !to->points[to->begin].list) {
    const Point *p = &to->points[to->begin];
    to->opening.off = p->off;
    to->opening.mask = p->mask;
    to->opening.min = p->min;
    to->opening.span = p->span;
    to->opening.shift = p->shift;
    to->opening.negate = p->negate;
    to->opening.go[0] = p->no;
    to->opening.go[1] = p->yes;
  }
}

/* --- asking */

static inline void begin_run (pk_Run *r, const pk_FilterFrame *frame, const pk_Shape *shape) {
  r->frame = frame;
  r->shape = shape;
  r->ready = 0;
  r->wrong = 0;
}

/* Learns the frame's shape, with all layers that the filter may ask for. */
static PK_COLD void learn (pk_FilterState *s, const pk_FilterFrame *frame) {
  const pk_Filter *f = s->filter;
  pk_Run *r = &s->run;
  uint32_t k;
  if (pk_shapes_due(&s->shapes)) {
    begin_run(r, frame, NULL);
    pk_run_ready(r);
    for (k = 0; k < f->nwanted; k++) pk_packet_seek(&r->p, r->b, f->wanted[k]);
  }
  pk_shapes_learn(&s->shapes, &r->p, r->b);
}

/* The same by what is bound: for many values, or where a guard has a say. */
static PK_COLD int may_lead (const pk_Bindings *b, const pk_Verbs *v, const uint8_t *at, uint64_t bit) {
  const pk_BindSlot *next = NULL, *hint = NULL;
  if ((v->has & PK_HAS_FOLLOW) && !pk_verbs_holds(at, &v->follow)) return 0;
  if ((v->has & PK_HAS_NEXT) && pk_verbs_holds(at, &v->next.guard))
    next = pk_bindings_slot(b, v->next.space, pk_verbs_load(at, &v->next.load));
  if ((v->has & PK_HAS_HINT) && pk_verbs_holds(at, &v->hint.guard))
    hint = pk_bindings_slot(b, v->hint.space, pk_verbs_load(at, &v->hint.load));
  return (next != NULL && (next->reach & bit) != 0) || (hint != NULL && (hint->reach & bit) != 0);
}

/* Whether what a point asks for may stand above the shape's last layer: ports are mostly of nobody. */
static inline int may_stand (const pk_Bindings *b, const Point *p, const uint8_t *bytes) {
  const uint8_t *at = bytes + p->off;
  uint64_t next, hint;
  int k;
  if (p->nvalues < 0) return may_lead(b, p->top, at, p->bit);
  next = pk_verbs_load(at, &p->top->next.load);
  hint = pk_verbs_load(at, &p->top->hint.load);
  for (k = 0; k < p->nvalues; k++)
    if (next == p->values[k] || hint == p->values[k]) return 1;
  return 0;
}

/* The general program. */
static PK_COLD int ask (pk_FilterState *s, const pk_FilterFrame *frame) {
  const pk_Filter *f = s->filter;
  int32_t at = f->begin;
  begin_run(&s->run, frame, NULL);
  while (at >= 0) {
    const pk_Branchpoint *p = &f->points[at];
    at = pk_atom_holds(&s->run, p->atom) ? p->yes : p->no;
  }
  return at == PK_GO_TRUE;
}

static inline uint64_t load_at (const uint8_t *p) {
  static const pk_Load whole = {UINT64_MAX, 0, 0, 0};
  return pk_verbs_load(p, &whole);
}

/* The program for a shape, from a point on where a load decides nothing; that has been begun. */
static int ask_special (pk_FilterState *s, const pk_FilterFrame *frame, const pk_ShapeTest *test, int32_t at) {
  const Special *special = (const Special *)test->special;
  const pk_Shape *shape = test->shape;
  begin_run(&s->run, frame, shape);
  while (at >= 0) {
    const Point *p = &special->points[at];
    int holds;
    if (p->mask != 0) {
      const uint64_t v = load_at(frame->bytes + p->off) >> p->shift & p->mask;
      holds = (p->list ? pk_set_has(&p->atom->set, v) : v - p->min <= p->span) != p->negate;
    }
    else if (p->top != NULL && !may_stand(s->run.b, p, frame->bytes))
      holds = 0;
    else {
      holds = pk_atom_holds(&s->run, p->atom);
      if (s->run.wrong) return ask(s, frame);
    }
    at = holds ? p->yes : p->no;
  }
  if (at == PK_GO_SURELY) return 0;
  if (!s->run.ready && !pk_shape_holds(shape, frame->bytes, frame->wirelen > frame->len ? frame->wirelen : frame->len))
    return ask(s, frame);
  s->special = special;
  return at == PK_GO_TRUE;
}

/* A frame of no shape that is known. */
static PK_COLD int ask_unknown (pk_FilterState *s, const pk_FilterFrame *frame) {
  s->special = NULL;
  if (s->filter->npoints <= MAXPOINTS) learn(s, frame);
  return ask(s, frame);
}

int pk_filter_match (pk_FilterState *s, const pk_FilterFrame *frame) {
  pk_ShapeTest *test = pk_shapes_match(&s->shapes, frame->bytes, frame->len);
  if (test == NULL) return ask_unknown(s, frame);
  if (test->special == NULL) specialise(s, test);
  if (((const Special *)test->special)->begin == PK_GO_TRUE && /* all of that shape */
      pk_shape_holds(test->shape, frame->bytes, frame->wirelen > frame->len ? frame->wirelen : frame->len)) {
    begin_run(&s->run, frame, test->shape);
    s->special = (const Special *)test->special;
    return 1;
  }
  s->special = NULL;
  return ask_special(s, frame, test, ((const Special *)test->special)->begin);
}

/* Most frames go through here: a shape, a load or two, and out. */
int pk_filter_rejects (void *state, const uint8_t *bytes, size_t len) {
  pk_FilterState *s = (pk_FilterState *)state;
  const pk_ShapeTest *test = pk_shapes_match(&s->shapes, bytes, len);
  const Special *special;
  const Opening *o;
  int32_t at;
  if (test == NULL || test->special == NULL) return 0;
  special = (const Special *)test->special;
  o = &special->opening;
  at = o->go[(((load_at(bytes + o->off) >> o->shift & o->mask) - o->min <= o->span) ^ o->negate) & 1];
  while (at >= 0) {
    const Point *p = &special->points[at];
    if (p->mask != 0 && !p->list)
      at = ((load_at(bytes + p->off) >> p->shift & p->mask) - p->min <= p->span) != p->negate ? p->yes : p->no;
    else if (p->mask == 0 && p->top != NULL && !may_stand(s->run.b, p, bytes))
      at = p->no;
    else
      return 0;
  }
  return at == PK_GO_SURELY;
}

/* --- columns */

typedef struct Taker {
  pk_FilterState *s;
  pk_Column *to;
} Taker;

void pk_column_set (pk_Column *to, const pk_Val *v, const uint8_t *bytes, size_t len, char *text) {
  to->n = v->n;
  to->d = v->d;
  to->bytes = v->s;
  to->len = v->len;
  to->codec = v->codec;
  to->field = v->field;
  switch (v->type) {
    case TYPE_BOOLEAN: to->kind = PK_COLUMN_BOOLEAN; break;
    case TYPE_FLOAT: to->kind = PK_COLUMN_FLOAT; break;
    case TYPE_INTEGER: to->kind = v->codec != NULL && v->codec->size > 0 ? PK_COLUMN_ADDRESS : PK_COLUMN_INTEGER; break;
    case TYPE_BYTES:
      to->kind = v->codec != NULL ? PK_COLUMN_ADDRESS : PK_COLUMN_BYTES;
      if (v->codec != NULL && v->codec->measure != NULL) to->kind = PK_COLUMN_TEXT;
      break;
  }
  if (to->kind >= PK_COLUMN_BYTES && (uintptr_t)v->s - (uintptr_t)bytes > len) {
    assert(v->len < PK_GETTER_TEXT); /* a text form, in a buffer that goes */
    memcpy(text, v->s, v->len);
    text[v->len] = '\0';
    to->bytes = (const uint8_t *)text;
  }
}

static int take_value (void *arg, const pk_Val *v) {
  const Taker *t = (const Taker *)arg;
  const pk_FilterFrame *frame = t->s->run.frame;
  pk_column_set(t->to, v, frame->bytes, frame->len, t->s->text);
  return 1;
}

void pk_filter_column (pk_FilterState *s, uint32_t k, pk_Column *value) {
  const pk_ColumnDef *column = &s->filter->columns[k];
  Taker taker;
  value->kind = PK_COLUMN_NONE;
  taker.s = s;
  taker.to = value;
  s->run.left = UINT32_MAX; /* once over */
  pk_path_values(&s->run, column->path, take_value, &taker);
}

static void frame_number (const pk_FilterFrame *frame, pk_PathKind kind, pk_Column *value) {
  value->kind = PK_COLUMN_INTEGER;
  value->codec = NULL;
  value->field = NULL;
  switch (kind) {
    case PATH_LENGTH: value->n = frame->wirelen > frame->len ? frame->wirelen : frame->len; break;
    case PATH_CAPTURED: value->n = frame->len; break;
    case PATH_TIME:
      value->n = (uint64_t)frame->time;
      if (!frame->hastime) value->kind = PK_COLUMN_NONE;
      break;
    default:
      value->n = frame->number;
      if (frame->number == 0) value->kind = PK_COLUMN_NONE;
  }
}

void pk_filter_columns (pk_FilterState *s, pk_Column *values) {
  const uint32_t n = s->filter->ncolumns;
  const uint8_t *bytes = s->run.frame->bytes;
  const Place *p = s->special != NULL ? s->special->places : NULL;
  uint32_t k;
  for (k = 0; k < n; k++, values++) {
    if (p == NULL || p[k].how == PLACE_ASK) {
      values->kind = PK_COLUMN_ASK;
      continue;
    }
    if (p[k].how == PLACE_NONE) {
      values->kind = PK_COLUMN_NONE;
      continue;
    }
    if (p[k].how == PLACE_FRAME) {
      frame_number(s->run.frame, p[k].kind, values);
      continue;
    }
    values->field = p[k].field;
    values->kind = p[k].column;
    if (p[k].how == PLACE_LOAD) values->n = load_at(bytes + p[k].off) >> p[k].shift & p[k].mask;
    if (p[k].column == PK_COLUMN_ADDRESS) {
      values->codec = p[k].codec;
      values->bytes = bytes + p[k].at;
      values->len = p[k].codec->size;
    }
  }
}

/* --- as text */

typedef struct Dump {
  void (*write) (void *arg, const char *text, size_t len);
  void *arg;
} Dump;

static void put (const Dump *d, const char *text) {
  d->write(d->arg, text, strlen(text));
}

static void put_number (const Dump *d, uint64_t n, int hex) {
  char buffer[24];
  pk_Text t = pk_text_begin(buffer, sizeof(buffer));
  if (hex) {
    pk_text_add(&t, "0x");
    pk_text_hex(&t, n, 1);
  }
  else
    pk_text_num(&t, n);
  put(d, buffer);
}

static void put_target (const Dump *d, int32_t at) {
  if (at >= 0)
    put_number(d, (uint64_t)at, 0);
  else
    put(d, at == PK_GO_TRUE ? "match" : at == PK_GO_FALSE ? "no match" : "no match, surely");
}

static void put_targets (const Dump *d, int32_t yes, int32_t no) {
  put(d, "  ? ");
  put_target(d, yes);
  put(d, " : ");
  put_target(d, no);
  put(d, "\n");
}

static void put_place (const Dump *d, size_t off, uint8_t shift, uint64_t mask) {
  put(d, "bytes[");
  put_number(d, off, 0);
  put(d, ":8] >> ");
  put_number(d, shift, 0);
  put(d, " & ");
  put_number(d, mask, 1);
}

static void put_interval (const Dump *d, const pk_Atom *a) {
  uint32_t k;
  put(d, a->negate ? " not in" : " in");
  for (k = 0; k < a->set.n && k < 4; k++) {
    put(d, k > 0 ? ", " : " ");
    put_number(d, a->set.integers[k].low, 0);
    if (a->set.integers[k].high == a->set.integers[k].low) continue;
    put(d, "..");
    put_number(d, a->set.integers[k].high, 0);
  }
  if (a->set.n == 0) put(d, " nothing");
  if (a->set.n > 4) put(d, " ...");
}

static void put_atom (const Dump *d, const pk_Atom *a) {
  static const char *const names[] = {"constant", "layer", "load", "there", "true", "compare", "in", "contains", "matches"};
  put(d, names[a->kind]);
  put(d, "  ");
  d->write(d->arg, a->text, a->textlen);
  if (a->kind != ATOM_DIRECT) return;
  put(d, ": ");
  put(d, a->path->layout->name);
  put(d, " ");
  put_place(d, a->load.byte, a->load.shift, a->load.mask);
  put_interval(d, a);
}

static void put_special (const Dump *d, const pk_Filter *f, const pk_Shape *shape, const Special *special) {
  uint32_t k;
  put(d, "shape");
  for (k = 0; k < shape->nlayers; k++) {
    put(d, k > 0 ? " / " : " ");
    put(d, shape->layers[k].layout->name);
  }
  put(d, ": begins at ");
  put_target(d, special->begin);
  put(d, "\n");
  for (k = 0; k < f->npoints; k++) {
    const Point *p = &special->points[k];
    if (special->begin < 0 || p->atom != f->points[k].atom) continue;
    put(d, "  ");
    put_number(d, k, 0);
    put(d, ": ");
    if (p->mask == 0)
      put_atom(d, p->atom);
    else {
      put_place(d, p->off, p->shift, p->mask);
      put_interval(d, p->atom);
    }
    put_targets(d, p->yes, p->no);
  }
}

void pk_filter_dump (const pk_Filter *f, void (*write) (void *arg, const char *text, size_t len), void *arg) {
  Dump d;
  uint32_t k, j;
  d.write = write;
  d.arg = arg;
  put(&d, "begins at ");
  put_target(&d, f->begin);
  put(&d, "\n");
  for (k = 0; k < f->npoints; k++) {
    put(&d, "  ");
    put_number(&d, k, 0);
    put(&d, ": ");
    put_atom(&d, f->points[k].atom);
    put_targets(&d, f->points[k].yes, f->points[k].no);
  }
  for (k = 0; k < PK_FILTER_STATES && f->states[k] != NULL; k++) {
    const pk_FilterState *s = f->states[k];
    for (j = 0; j < s->shapes.used; j++) {
      const pk_ShapeTest *test = &s->shapes.tests[j];
      if (test->special != NULL) put_special(&d, f, test->shape, (const Special *)test->special);
    }
  }
}
