/*
** fcode.c: the program: tests, and where each goes on.
*/
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bits.h"
#include "ftree.h"

/* Operands of code: which of a kind. */
#define MAXPATHS PK_REG_MAXPATHS
#define MAXCONSTANTS 48
#define MAXCOLUMN 2000 /* characters of its name */
#define MAXTEMPORARIES PK_REG_MAXCOMPUTED

/* --- sets */

static int by_low (const void *a, const void *b) {
  const uint64_t x = ((const struct pk_Interval *)a)->low, y = ((const struct pk_Interval *)b)->low;
  return (x > y) - (x < y);
}

int pk_bytes_compare (const uint8_t *a, size_t n, const uint8_t *b, size_t m) {
  const size_t least = n < m ? n : m;
  const int order = least > 0 ? memcmp(a, b, least) : 0;
  return order != 0 ? order : (n > m) - (n < m);
}

static int by_string (const void *a, const void *b) {
  const pk_Strings *x = (const pk_Strings *)a, *y = (const pk_Strings *)b;
  return pk_bytes_compare(x->low, x->lowlen, y->low, y->lowlen);
}

/* Sorts intervals and joins those that touch. */
static uint32_t tidy (struct pk_Interval *list, uint32_t n) {
  uint32_t k, kept = 0;
  if (n == 0) return 0;
  qsort(list, n, sizeof(*list), by_low);
  for (k = 1; k < n; k++) {
    if (list[k].low <= list[kept].high || list[k].low == list[kept].high + 1) {
      if (list[k].high > list[kept].high) list[kept].high = list[k].high;
    }
    else
      list[++kept] = list[k];
  }
  return kept + 1;
}

static uint32_t tidy_strings (pk_Strings *list, uint32_t n) {
  uint32_t k, kept = 0;
  if (n == 0) return 0;
  qsort(list, n, sizeof(*list), by_string);
  for (k = 1; k < n; k++) {
    if (pk_bytes_compare(list[k].low, list[k].lowlen, list[kept].high, list[kept].highlen) <= 0) {
      if (pk_bytes_compare(list[k].high, list[k].highlen, list[kept].high, list[kept].highlen) > 0) {
        list[kept].high = list[k].high;
        list[kept].highlen = list[k].highlen;
      }
    }
    else
      list[++kept] = list[k];
  }
  return kept + 1;
}

/* Makes a set of checked elements; one whose ends are the wrong way round has nothing in it. */
static void make_set (pk_Compile *c, const pk_Node *elements, const pk_Kindof *kind, pk_Set *set) {
  const uint64_t bias = kind->isunsigned ? 0 : PK_SIGN;
  struct pk_Interval *integers = NULL;
  struct pk_Floats *floats = NULL;
  pk_Strings *strings = NULL;
  const pk_Node *e;
  uint32_t n = 0;
  for (e = elements; e != NULL; e = e->next) n++;
  if (kind->type == TYPE_BYTES)
    strings = (pk_Strings *)pk_take(c, c->keep, n * sizeof(*strings));
  else if (kind->type == TYPE_FLOAT)
    floats = (struct pk_Floats *)pk_take(c, c->keep, n * sizeof(*floats));
  else
    integers = (struct pk_Interval *)pk_take(c, c->keep, n * sizeof(*integers));
  for (n = 0, e = elements; e != NULL; e = e->next) {
    const pk_Node *low = e->tag == TAG_RANGE ? e->first : e, *high = e->tag == TAG_RANGE ? e->first->next : e;
    if (strings != NULL) {
      pk_Strings s;
      s.low = (const uint8_t *)low->s;
      s.lowlen = low->len;
      s.high = (const uint8_t *)high->s;
      s.highlen = high->len;
      if (pk_bytes_compare(s.low, s.lowlen, s.high, s.highlen) <= 0) strings[n++] = s;
    }
    else if (floats != NULL) {
      floats[n].low = low->tag == TAG_FLOAT ? low->d : (double)low->n;
      floats[n].high = high->tag == TAG_FLOAT ? high->d : (double)high->n;
      n++;
    }
    else {
      const uint64_t x = (uint64_t)low->n ^ bias, y = (uint64_t)high->n ^ bias;
      if (x > y) continue;
      integers[n].low = x;
      integers[n++].high = y;
    }
  }
  set->integers = integers;
  set->floats = floats;
  set->strings = strings;
  set->n = integers != NULL ? tidy(integers, n) : strings != NULL ? tidy_strings(strings, n) : n;
}

/* --- code of values */

typedef struct Coder {
  pk_Compile *c;
  const pk_Path *paths[MAXPATHS];
  pk_Type types[MAXPATHS];
  pk_Val constants[MAXCONSTANTS];
  pk_FIns code[MAXTEMPORARIES];
  uint32_t npaths, nconstants, ncode;
} Coder;

static uint8_t add_constant (Coder *k, const pk_Node *n) {
  pk_Val *v = &k->constants[k->nconstants];
  if (k->nconstants == MAXCONSTANTS) pk_fail(k->c, n->at, "comparison of too many values", NULL);
  memset(v, 0, sizeof(*v));
  v->type = n->tag == TAG_FLOAT ? TYPE_FLOAT : n->tag == TAG_STRING ? TYPE_BYTES : TYPE_INTEGER;
  v->n = (uint64_t)n->n;
  v->d = n->d;
  v->s = (const uint8_t *)n->s;
  v->len = n->len;
  return (uint8_t)(PK_REG_CONSTANT + k->nconstants++);
}

static uint8_t add_code (Coder *k, const pk_Node *n, pk_FToken op, uint8_t a, uint8_t b) {
  pk_FIns *ins = &k->code[k->ncode];
  if (k->ncode == MAXTEMPORARIES) pk_fail(k->c, n->at, "comparison of too many values", NULL);
  ins->op = op;
  ins->a = a;
  ins->b = b;
  ins->to = (uint8_t)k->ncode;
  return (uint8_t)(PK_REG_COMPUTED + k->ncode++);
}

/* The register of a value. */
static uint8_t code_value (Coder *k, const pk_Node *n) {
  static const pk_Node zero = {TAG_INTEGER, FT_END, 0, 0, NULL, NULL, 0, 0, NULL, 0, -1, NULL, NULL,
                               {TYPE_INTEGER, 0, 0, NULL, NULL, 0, 0}};
  static const pk_Node ones = {TAG_INTEGER, FT_END, 0, 0, NULL, NULL, -1, 0, NULL, 0, -1, NULL, NULL,
                               {TYPE_INTEGER, 0, 0, NULL, NULL, 0, 0}};
  uint8_t a, b;
  switch (n->tag) {
    case TAG_PATH:
      if (k->npaths == MAXPATHS) pk_fail(k->c, n->at, "comparison of too many fields", NULL);
      k->paths[k->npaths] = n->path;
      k->types[k->npaths] = n->kind.type;
      return (uint8_t)k->npaths++;
    case TAG_BINARY:
      a = code_value(k, n->first);
      b = code_value(k, n->first->next);
      return add_code(k, n, n->op, a, b);
    case TAG_UNARY:
      b = code_value(k, n->first);
      a = add_constant(k, n->op == FT_BNOT ? &ones : &zero);
      return add_code(k, n, n->op == FT_BNOT ? FT_BXOR : FT_SUB, a, b);
    default: return add_constant(k, n);
  }
}

static void *keep (pk_Compile *c, const void *list, size_t size) {
  return size > 0 ? memcpy(pk_take(c, c->keep, size), list, size) : NULL;
}

static void take_code (Coder *k, pk_Atom *a) {
  a->npaths = k->npaths;
  a->nconstants = k->nconstants;
  a->ncode = k->ncode;
  a->paths = (const pk_Path *const *)keep(k->c, k->paths, k->npaths * sizeof(k->paths[0]));
  a->types = (const pk_Type *)keep(k->c, k->types, k->npaths * sizeof(k->types[0]));
  a->constants = (const pk_Val *)keep(k->c, k->constants, k->nconstants * sizeof(k->constants[0]));
  a->code = (const pk_FIns *)keep(k->c, k->code, k->ncode * sizeof(k->code[0]));
}

/* --- what tests cost, in about ns */

static int path_cost (const pk_Path *p) {
  uint32_t k;
  int cost = 0;
  for (; p != NULL; p = p->other) {
    int one = 15;
    switch (p->kind) {
      case PATH_LENGTH:
      case PATH_CAPTURED:
      case PATH_TIME:
      case PATH_NUMBER:
      case PATH_INTERFACE:
      case PATH_LINKTYPE:
      case PATH_FRAME: one = 4; break;
      case PATH_BADSUM: one = 1000; break;
      case PATH_TRUNCATED:
      case PATH_MALFORMED:
      case PATH_INCOMPLETE:
      case PATH_PAYLOAD:
      case PATH_PADDING: one = 80; break;
      case PATH_FIELD:
        if (p->direct) break;
        for (k = 0; k < p->nsteps; k++) one += p->steps[k].field->fixed ? 5 : p->steps[k].field->kind == PK_LIST ? 100 : 40;
        break;
      default: break;
    }
    cost += one;
  }
  return cost;
}

static int atom_cost (const pk_Atom *a) {
  uint32_t k;
  int cost = a->path != NULL ? path_cost(a->path) : 0;
  if (a->kind == ATOM_DIRECT || a->kind == ATOM_LAYER) return 10;
  for (k = 0; k < a->npaths; k++) cost += path_cost(a->paths[k]);
  if (a->kind == ATOM_CONTAINS) cost += 150;
  if (a->kind == ATOM_MATCHES) cost += 500;
  return cost + 2 * (int)a->ncode;
}

/* --- tests */

/* The interval of the integers that compare so with one. */
static int interval_of (pk_FToken op, uint64_t value, struct pk_Interval *i) {
  i->low = 0;
  i->high = UINT64_MAX;
  switch (op) {
    case FT_EQ:
    case FT_NE: i->low = i->high = value; return 1;
    case FT_LT:
      i->high = value - 1;
      return value > 0;
    case FT_LE: i->high = value; return 1;
    case FT_GT:
      i->low = value + 1;
      return value < UINT64_MAX;
    default: i->low = value; return 1;
  }
}

/* Brings biased intervals to what the loaded bits can be; the set is then of plain numbers. */
static void clip (pk_Compile *c, pk_Atom *a, uint64_t bias) {
  struct pk_Interval *to = (struct pk_Interval *)pk_take(c, c->keep, (a->set.n + 1) * sizeof(*to));
  const uint64_t most = a->load.mask;
  uint32_t k, n = 0;
  for (k = 0; k < a->set.n; k++) {
    uint64_t low = a->set.integers[k].low, high = a->set.integers[k].high;
    if (bias != 0) { /* fields of fewer bits are not negative */
      if (high < bias) continue;
      low = low < bias ? 0 : low - bias;
      high -= bias;
    }
    if (low > most) continue;
    to[n].low = low;
    to[n++].high = high < most ? high : most;
  }
  a->set.integers = to;
  a->set.n = n;
}

/*
** A number at a constant place, alone or with some of its bits chosen. A boolean of several bits is true (`truth`)
** when one of them is set, and not what its bits are.
*/
static int is_direct (const pk_Node *n, int truth, pk_Load *load, const pk_Path **path) {
  const pk_Node *a = n->first;
  if (n->tag == TAG_PATH) {
    if (!n->path->direct || n->path->other != NULL || n->kind.type == TYPE_FLOAT || n->kind.type == TYPE_BYTES) return 0;
    *path = n->path;
    *load = n->path->load;
    return truth || n->kind.type != TYPE_BOOLEAN || load->mask == 1;
  }
  if (n->tag != TAG_BINARY || n->op != FT_BAND || a->tag != TAG_PATH || a->next->tag != TAG_INTEGER ||
      !is_direct(a, 0, load, path))
    return 0;
  load->mask &= (uint64_t)a->next->n;
  return load->mask != 0;
}

/* The test of one node that has no conditions in it. */
static pk_Atom *make_atom (pk_Compile *c, pk_Filter *f, const pk_Node *n) {
  pk_Atom *a = (pk_Atom *)pk_take(c, c->keep, sizeof(*a));
  const pk_Node *left = n->first, *right = left != NULL ? left->next : NULL;
  char *text = (char *)pk_take(c, c->keep, n->end - n->at + 1);
  Coder k;
  a->text = text;
  if (c->text != NULL && n->end > n->at) memcpy(text, c->text + n->at, a->textlen = n->end - n->at);
  memset(&k, 0, sizeof(k));
  k.c = c;
  if (n->tag == TAG_BOOLEAN) {
    a->kind = ATOM_CONSTANT;
    a->negate = !n->n;
    return a;
  }
  if (n->tag == TAG_PATH) {
    a->path = n->path;
    a->kind = n->kind.type == TYPE_BOOLEAN ? ATOM_TRUE : n->path->kind == PATH_LAYER && !n->path->sliced ? ATOM_LAYER : ATOM_THERE;
    if (n->path->other != NULL && a->kind == ATOM_LAYER) a->kind = ATOM_THERE;
    if (a->kind == ATOM_TRUE && is_direct(n, 1, &a->load, &a->path)) {
      struct pk_Interval *i = (struct pk_Interval *)pk_take(c, c->keep, sizeof(*i));
      a->kind = ATOM_DIRECT;
      i->low = 1;
      i->high = a->load.mask;
      a->set.integers = i;
      a->set.n = 1;
    }
    a->cost = atom_cost(a);
    return a;
  }
  a->op = n->op;
  if (n->tag == TAG_COMPARE && right->tag == TAG_INTEGER && is_direct(left, 0, &a->load, &a->path)) {
    const uint64_t bias = left->kind.isunsigned || right->kind.isunsigned ? 0 : PK_SIGN;
    struct pk_Interval *i = (struct pk_Interval *)pk_take(c, c->keep, sizeof(*i));
    a->kind = ATOM_DIRECT;
    a->negate = n->op == FT_NE;
    a->set.integers = i;
    a->set.n = (uint32_t)interval_of(n->op, (uint64_t)right->n ^ bias, i);
    clip(c, a, bias);
    a->cost = atom_cost(a);
    return a;
  }
  if (n->tag == TAG_IN) {
    make_set(c, right->first, &left->kind, &a->set);
    if (left->kind.type != TYPE_FLOAT && left->kind.type != TYPE_BYTES && is_direct(left, 0, &a->load, &a->path)) {
      a->kind = ATOM_DIRECT;
      a->negate = n->op == FT_NE; /* of a name that has several values */
      clip(c, a, left->kind.isunsigned ? 0 : PK_SIGN);
      a->cost = atom_cost(a);
      return a;
    }
  }
  a->isunsigned = left->kind.isunsigned || (n->tag == TAG_COMPARE && right->kind.isunsigned);
  a->kind = n->tag == TAG_IN ? ATOM_IN : n->tag == TAG_CONTAINS ? ATOM_CONTAINS : n->tag == TAG_MATCHES ? ATOM_MATCHES : ATOM_COMPARE;
  a->a = code_value(&k, left);
  if (n->tag == TAG_COMPARE || n->tag == TAG_CONTAINS) a->b = code_value(&k, right);
  take_code(&k, a);
  if (n->tag == TAG_MATCHES) {
    pk_Regex *regex = (pk_Regex *)pk_take(c, c->keep, sizeof(*regex));
    char err[PK_ERRSIZE];
    size_t at;
    if (pk_regex_compile(regex, right->s, right->len, &at, err) < 0) pk_fail(c, right->at, "bad regular expression: ", err, NULL);
    regex->next = f->regexes;
    f->regexes = regex;
    a->regex = regex;
  }
  a->cost = atom_cost(a);
  return a;
}

/* --- conditions */

/* Atoms are made once; nodes without operands then hold one. */
typedef struct Cond {
  pk_Tag tag; /* OR, AND, NOT; else an atom */
  struct Cond *first, *next;
  pk_Atom *atom;
  int cost;
  uint32_t place;
  int monotone; /* no value that goes away makes it true */
} Cond;

static int by_cost (const void *x, const void *y) {
  const Cond *a = *(const Cond *const *)x, *b = *(const Cond *const *)y;
  if (a->cost != b->cost) return a->cost < b->cost ? -1 : 1;
  if (a->monotone != b->monotone) return a->monotone ? -1 : 1;
  return a->place < b->place ? -1 : 1;
}

static Cond *make_cond (pk_Compile *c, pk_Filter *f, const pk_Node *n) {
  Cond *cond = (Cond *)pk_take(c, c->temporary, sizeof(*cond)), **list, **to = &cond->first;
  const pk_Node *k;
  uint32_t count = 0, j;
  cond->tag = n->tag;
  cond->monotone = n->tag != TAG_NOT;
  if (n->tag != TAG_OR && n->tag != TAG_AND && n->tag != TAG_NOT) {
    cond->atom = make_atom(c, f, n);
    cond->cost = cond->atom->cost;
    return cond;
  }
  for (k = n->first; k != NULL; k = k->next) count++;
  list = (Cond **)pk_take(c, c->temporary, count * sizeof(*list));
  for (j = 0, k = n->first; k != NULL; k = k->next, j++) {
    list[j] = make_cond(c, f, k);
    list[j]->place = j;
    if (cond->cost < INT_MAX / 2) cond->cost += list[j]->cost;
    if (!list[j]->monotone) cond->monotone = 0;
  }
  qsort(list, count, sizeof(*list), by_cost); /* of those that cost the same the ones whose failure is sure first */
  for (j = 0; j < count; j++, to = &(*to)->next) *to = list[j];
  return cond;
}

static uint32_t count_atoms (const Cond *cond) {
  const Cond *k;
  uint32_t n = cond->atom != NULL;
  for (k = cond->first; k != NULL; k = k->next) n += count_atoms(k);
  return n;
}

typedef struct Points {
  pk_Branchpoint *list; /* filled from the end */
  uint32_t at;
} Points;

/* Emits what decides a condition; returns where it begins. The operands of a list are emitted last first. */
static int32_t emit (pk_Compile *c, Points *p, const Cond *cond, int32_t yes, int32_t no) {
  const Cond **list, *k;
  uint32_t n = 0;
  int32_t at;
  if (cond->atom != NULL) {
    pk_Branchpoint *b;
    if (cond->atom->kind == ATOM_CONSTANT) return cond->atom->negate ? no : yes;
    b = &p->list[--p->at];
    b->atom = cond->atom;
    b->yes = yes;
    b->no = no;
    return (int32_t)p->at;
  }
  if (cond->tag == TAG_NOT) return emit(c, p, cond->first, no, yes);
  for (k = cond->first; k != NULL; k = k->next) n++;
  list = (const Cond **)pk_take(c, c->temporary, n * sizeof(*list));
  for (n = 0, k = cond->first; k != NULL; k = k->next) list[n++] = k;
  at = cond->tag == TAG_AND ? yes : no;
  while (n-- > 0) at = cond->tag == TAG_AND ? emit(c, p, list[n], at, no) : emit(c, p, list[n], yes, at);
  return at;
}

/* All together must hold: when one fails that is monotone, all fails, however many values go away. */
static int32_t emit_all (pk_Compile *c, Points *p, const Cond *cond) {
  const Cond **list, *k;
  uint32_t n = 0;
  int32_t at = PK_GO_TRUE;
  if (cond->tag != TAG_AND) return emit(c, p, cond, PK_GO_TRUE, cond->monotone ? PK_GO_SURELY : PK_GO_FALSE);
  for (k = cond->first; k != NULL; k = k->next) n++;
  list = (const Cond **)pk_take(c, c->temporary, n * sizeof(*list));
  for (n = 0, k = cond->first; k != NULL; k = k->next) list[n++] = k;
  while (n-- > 0) at = emit(c, p, list[n], at, list[n]->monotone ? PK_GO_SURELY : PK_GO_FALSE);
  return at;
}

/* --- the layers that it may ask for */

static void want (pk_Filter *f, const pk_Layout *l) {
  uint32_t k;
  if (l == NULL) return;
  for (k = 0; k < f->nwanted; k++)
    if (f->wanted[k] == l) return;
  f->wanted[f->nwanted++] = l;
}

static void want_path (pk_Filter *f, const pk_Path *p) {
  for (; p != NULL; p = p->other) want(f, p->layout);
}

static void collect_wanted (pk_Compile *c, pk_Filter *f) {
  uint32_t k, j;
  f->wanted = (const pk_Layout **)pk_take(c, c->keep, (c->names->nlayouts + 1) * sizeof(*f->wanted));
  f->nwanted = 0;
  for (k = 0; k < f->npoints; k++) {
    const pk_Atom *a = f->points[k].atom;
    want_path(f, a->path);
    for (j = 0; j < a->npaths; j++) want_path(f, a->paths[j]);
  }
  for (k = 0; k < f->ncolumns; k++) want_path(f, f->columns[k].path);
}

/* The program of a checked tree (NULL: always), and, with `first`, that the first column is there. */
static void code_filter (pk_Compile *c, pk_Filter *f, pk_Node *tree, int first) {
  Cond *cond = (Cond *)pk_take(c, c->temporary, sizeof(*cond)), *given = tree != NULL ? make_cond(c, f, tree) : NULL;
  Points p;
  uint32_t k;
  cond->tag = TAG_AND;
  cond->first = given;
  if (given != NULL && given->tag == TAG_AND) cond->first = given->first;
  if (first && f->ncolumns > 0) { /* the first column is there: last, since the rest decides more */
    const pk_ColumnDef *column = &f->columns[0];
    pk_Atom *a = (pk_Atom *)pk_take(c, c->keep, sizeof(*a));
    Cond *there = (Cond *)pk_take(c, c->temporary, sizeof(*there)), **to = &cond->first;
    a->kind = column->path->kind == PATH_LAYER && !column->path->sliced && column->path->other == NULL ? ATOM_LAYER : ATOM_THERE;
    a->path = column->path;
    a->text = column->name;
    a->textlen = strlen(column->name);
    there->tag = TAG_PATH;
    there->atom = a;
    there->monotone = 1;
    there->cost = atom_cost(a);
    while (*to != NULL) to = &(*to)->next;
    *to = there;
  }
  p.at = count_atoms(cond);
  p.list = (pk_Branchpoint *)pk_take(c, c->keep, p.at * sizeof(*p.list) + 1);
  {
    const uint32_t all = p.at;
    int32_t begin = emit_all(c, &p, cond);
    const uint32_t skipped = p.at; /* constants take none */
    f->points = p.list + skipped;
    f->npoints = all - skipped;
    for (k = skipped; k < all; k++) {
      if (p.list[k].yes >= 0) p.list[k].yes -= (int32_t)skipped;
      if (p.list[k].no >= 0) p.list[k].no -= (int32_t)skipped;
    }
    f->begin = begin >= 0 ? begin - (int32_t)skipped : begin;
  }
  collect_wanted(c, f);
}

/* --- making and freeing */

/* The path of a column; of several with '|' between, the first that leads to a value. */
static pk_Node *column_of (pk_Compile *c, pk_Node *n) {
  pk_Node *left;
  pk_Path **to;
  if (n->tag == TAG_BINARY && n->op == FT_BOR) {
    left = column_of(c, n->first);
    for (to = &left->path->other; *to != NULL; to = &(*to)->other) continue;
    *to = column_of(c, n->first->next)->path;
    return left;
  }
  if (n->tag != TAG_NAME) pk_fail(c, n->at, "field expected", NULL);
  pk_path_find(c, n, 0);
  if (n->path->kind == PATH_FIELD && n->kind.field == NULL && !n->path->sliced)
    pk_fail(c, n->at, "it has members; name one of them", NULL);
  return n;
}

static void compile (pk_Compile *c, pk_Filter *f, const char *const *columns, uint32_t ncolumns, int first) {
  const char *text = c->text;
  const size_t len = c->len;
  pk_ColumnDef *defs = (pk_ColumnDef *)pk_take(c, c->keep, (ncolumns + 1) * sizeof(*defs));
  pk_Node *tree = NULL;
  uint32_t k;
  for (k = 0; k < ncolumns; k++) {
    pk_Node *n;
    char *name;
    if (strlen(columns[k]) > MAXCOLUMN) {
      pk_text_error(c->err, "name of a field too long", NULL);
      longjmp(c->failed, 1);
    }
    name = (char *)pk_take(c, c->keep, strlen(columns[k]) + 1);
    memcpy(name, columns[k], strlen(columns[k]));
    c->what = c->text = name;
    c->len = strlen(name);
    n = column_of(c, pk_parse(c));
    if (n->path->sliced) {
      pk_Path *path;
      for (path = n->path; path != NULL; path = path->other) path->asbytes = 1;
      n->kind.type = TYPE_BYTES;
    }
    defs[k].path = n->path;
    defs[k].name = name;
    defs[k].kind = n->kind;
  }
  f->columns = defs;
  f->ncolumns = ncolumns;
  c->what = NULL;
  c->text = text;
  c->len = len;
  if (text != NULL) {
    tree = pk_parse(c);
    pk_check_condition(c, tree);
  }
  code_filter(c, f, tree, first);
}

pk_Filter *pk_filter_compile (const pk_FilterNames *names, const char *text, size_t len, const char *const *columns,
                              uint32_t ncolumns, int first, char *err) {
  pk_Compile c;
  pk_Arena temporary;
  pk_Filter *volatile f = (pk_Filter *)pk_realloc(NULL, sizeof(*f));
  if (f == NULL) {
    pk_text_error(err, "not enough memory", NULL);
    return NULL;
  }
  memset(f, 0, sizeof(*f));
  memset(&c, 0, sizeof(c));
  memset(&temporary, 0, sizeof(temporary));
  c.names = names != NULL ? names : pk_shipped_names();
  c.text = text;
  c.len = len;
  c.keep = &f->arena;
  c.temporary = &temporary;
  c.err = err;
  if (c.names == NULL)
    pk_text_error(err, "not enough memory", NULL);
  else if (len > PK_FILTER_MAXTEXT)
    pk_text_error(err, "expression too long", NULL);
  else if (ncolumns > PK_FILTER_MAXCOLUMNS)
    pk_text_error(err, "too many fields", NULL);
  else if (setjmp(c.failed) == 0) {
    compile(&c, f, columns, ncolumns, first);
    pk_arena_free(&temporary);
    return f;
  }
  pk_arena_free(&temporary);
  pk_filter_free(f);
  return NULL;
}

void pk_filter_free (pk_Filter *f) {
  pk_Regex *r;
  uint32_t k;
  if (f == NULL) return;
  for (r = f->regexes; r != NULL; r = r->next) pk_regex_free(r);
  for (k = 0; k < PK_FILTER_STATES; k++) pk_realloc(f->states[k], 0);
  pk_arena_free(&f->arena);
  pk_realloc(f, 0);
}
