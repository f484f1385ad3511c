/*
** compile.c: a layout from its definition, in one block that the caller provides. Fields are placed by
** a cursor that counts bits, and become ops; offsets are fixed until something has no constant place.
*/
#include "layout.h"

#include <assert.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <string.h>

#include "bits.h"
#include "block.h"
#include "inner.h"
#include "ops.h"
#include "text.h"
#include "verbs.h"

#define MAXUNIT 65536
#define MAXBIAS 65536

typedef struct Build {
  pk_Block block;
  char *err;
  const char *layout; /* for errors */
  int followed;       /* something stands after the field that is being placed, in the same members */
  int closed;         /* a field without size has been placed: nothing may follow */
  const pk_Def *parts;
  size_t nparts;
  pk_Layout **partlayouts;
} Build;

/* Where the next field goes. */
typedef struct Cursor {
  uint64_t bit;
  int little;  /* the order of the bits before, in a byte that has been begun */
  int dynamic; /* `bit` counts from a whole byte that may lie anywhere */
} Cursor;

/* A struct being compiled, and those around it. */
typedef struct Scope {
  pk_Layout *l;
  const struct Scope *up;
  uint64_t base;   /* the bit at which it begins */
  int conditional; /* what is placed may be absent */
  int together;    /* what is placed are members of a union */
  int unions;      /* in how many unions of this struct */
  int afterpayload;
} Scope;

static int islittle (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

static int fail (Build *b, const pk_Def *def, const char *what, const char *more) {
  const char *key = def->key != NULL ? def->key : def->kind >= PK_STRUCT ? "(group)" : "(padding)";
  return pk_text_error(b->err, "layout '", b->layout, "': field '", key, "': ", what, more, NULL);
}

/* What a length is multiplied by, and what is added: bounded, so that no length can overflow. */
static int bad_scale (const pk_Words *w) {
  return (w->unit.kind != PK_VALUE_NONE && (w->unit.n < 1 || w->unit.n > MAXUNIT)) ||
         w->bias.n < -MAXBIAS || w->bias.n > MAXBIAS;
}

/* --- names of fields, and conditions */

/* The newest field of that key in a struct: the one that a condition after it means. */
static pk_Field *own_field (const pk_Layout *l, const char *key, size_t n) {
  uint32_t k, a;
  for (k = l->nfields; k-- > 0;) {
    pk_Field *f = (pk_Field *)&l->fields[k];
    if (strlen(f->key) == n && memcmp(f->key, key, n) == 0) return f;
    for (a = 0; a < f->naliases; a++)
      if (strlen(f->aliases[a]) == n && memcmp(f->aliases[a], key, n) == 0) return f;
  }
  return NULL;
}

/* The field that a name means, in this struct or those around it; how many to go out by. */
static pk_Field *find_field (const Scope *scope, const char *key, size_t n, uint8_t *up) {
  for (*up = 0; scope != NULL; scope = scope->up, ++*up) {
    pk_Field *f = own_field(scope->l, key, n);
    if (f != NULL) return f;
  }
  return NULL;
}

/* Has walks keep the value of a field that others ask for. */
static int keep_value (Build *b, const pk_Def *d, const Scope *scope, pk_Field *f, uint8_t up) {
  const pk_Field *other;
  pk_Layout *l;
  uint32_t k;
  if ((f->kind != PK_NUMBER && f->kind != PK_BOOLEAN && !pk_field_tells(f)) || f->real)
    return fail(b, d, "not a number: ", f->key);
  while (up-- > 0) scope = scope->up;
  l = scope->l;
  if (f->slot == 0) {
    if (l->slots == PK_LAYOUT_MAXSLOTS) return fail(b, d, "too many fields that others ask for", "");
    f->slot = ++l->slots;
  }
  for (k = 0; k < l->nfields; k++) { /* all of that key: one of them stands there */
    other = &l->fields[k];
    if (other->key == f->key) ((pk_Field *)other)->slot = f->slot;
  }
  return 0;
}

/* The value of a name in the enum or the flags of a field. */
static int named_value (const pk_Field *f, const char *name, int64_t *value) {
  uint32_t k;
  if (f->words == NULL) return 0;
  for (k = 0; k < f->words->nnames; k++)
    if (strcmp(f->words->names[k].name, name) == 0) {
      *value = f->words->names[k].value;
      return 1;
    }
  return 0;
}

static int make_test (Build *b, const pk_Def *d, const Scope *scope, const pk_TestDef *def, pk_Test *t) {
  pk_Range *ranges;
  const char *dot = strchr(def->path, '.');
  size_t n = dot != NULL ? (size_t)(dot - def->path) : strlen(def->path);
  uint32_t k;
  t->negate = (uint8_t)def->negate;
  if (strcmp(def->path, ".left") != 0) {
    pk_Field *f = find_field(scope, def->path, n, &t->up), *asked = f;
    if (f == NULL) return fail(b, d, "no field before it is called ", def->path);
    if (dot != NULL) {
      if (f->kind != PK_LIST) return fail(b, d, "not in a list: ", def->path);
      asked = own_field(f->sub, dot + 1, strlen(dot + 1));
      if (asked == NULL) return fail(b, d, "no field is called ", def->path);
      t->member = asked;
    }
    else if (keep_value(b, d, scope, f, t->up) < 0)
      return -1;
    t->field = f;
  }
  ranges = (pk_Range *)pk_block_take(&b->block, (def->nranges + def->nnames) * sizeof(*ranges));
  for (k = 0; k < def->nranges; k++) ranges[k] = def->ranges[k];
  for (k = 0; k < def->nnames; k++) {
    int64_t value;
    const pk_Field *f = t->member != NULL ? t->member : t->field;
    if (f == NULL || !named_value(f, def->names[k], &value))
      return fail(b, d, "no name of a value: ", def->names[k]);
    ranges[def->nranges + k].min = ranges[def->nranges + k].max = value;
  }
  t->ranges = ranges;
  t->nranges = def->nranges + def->nnames;
  return 0;
}

static int make_cond (Build *b, const pk_Def *d, const Scope *scope, const pk_CondDef *def, pk_Cond *c) {
  pk_Test *tests;
  uint32_t k;
  c->tests = NULL;
  c->n = def->n;
  if (def->n == 0) return 0;
  c->tests = tests = (pk_Test *)pk_block_take(&b->block, def->n * sizeof(*tests));
  for (k = 0; k < def->n; k++) {
    if (make_test(b, d, scope, &def->tests[k], &tests[k]) < 0) return -1;
    tests[k].last = k + 1 == def->n || def->tests[k + 1].group != def->tests[k].group;
  }
  return 0;
}

/* --- placing */

static int place_fields (Build *b, const pk_Def *defs, size_t n, int together, pk_Endian endian,
                         Scope *scope, Cursor *c, int depth);

/* How many fields members give to their struct, groups, unions and cases flattened. */
static size_t count_fields (const pk_Def *defs, size_t n) {
  size_t sum = 0, k;
  for (k = 0; k < n; k++)
    sum += defs[k].key == NULL && !pk_kind_isleaf(defs[k].kind)
               ? count_fields(defs[k].fields, defs[k].nfields)
               : defs[k].key != NULL;
  return sum;
}

static size_t count_ops (const pk_Def *defs, size_t n) {
  size_t sum = 0, k;
  for (k = 0; k < n; k++) {
    sum += PK_BLOCK_OPS + defs[k].ncases;
    if (defs[k].key == NULL && !pk_kind_isleaf(defs[k].kind)) sum += count_ops(defs[k].fields, defs[k].nfields);
  }
  return sum;
}

static int any_bytes (const pk_Def *d) {
  size_t k;
  if (pk_kind_isleaf(d->kind)) return d->bytes;
  if (d->kind >= PK_LIST) return 1;
  for (k = 0; k < d->nfields; k++)
    if (any_bytes(&d->fields[k])) return 1;
  return 0;
}

/* Whether what is defined must begin at a whole byte. */
static int begins_bytes (const pk_Def *d) {
  size_t k;
  if (pk_kind_isleaf(d->kind)) return d->bytes;
  if (d->kind == PK_LIST || d->kind == PK_PAYLOAD) return 1;
  if (d->kind == PK_ARRAY) return any_bytes(d); /* each element begins as the first */
  for (k = 0; k < d->nfields && (k == 0 || d->kind == PK_UNION); k++)
    if (begins_bytes(&d->fields[k])) return 1;
  return 0;
}

static void to_byte (Cursor *c) {
  c->bit = (c->bit + 7) / 8 * 8;
}

/* From here on nothing has a constant place. */
static void go_dynamic (Scope *scope, Cursor *c) {
  if (!c->dynamic) {
    scope->l->bits = (uint32_t)(c->bit - scope->base);
    scope->l->firstop = scope->l->nops;
  }
  c->dynamic = 1;
}

static pk_Op *emit (Scope *scope, pk_Code code, const void *p, uint32_t n) {
  pk_Op *op = (pk_Op *)&scope->l->ops[scope->l->nops++];
  op->code = (uint8_t)code;
  op->p = p;
  op->n = n;
  return op;
}

/* A number, boolean or string; `f` is NULL for padding. */
static int place_leaf (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, Scope *scope, Cursor *c) {
  pk_Endian e = d->endian != PK_ENDIAN_NONE ? d->endian : endian;
  int little = e == PK_ENDIAN_NONE ? islittle() : e == PK_ENDIAN_LITTLE;
  const pk_Codec *codec = d->format != NULL ? pk_codec_find(d->format) : NULL;
  int open = d->bits == 0;
  if (open && d->kind != PK_STRING && (codec == NULL || codec->measure == NULL)) return fail(b, d, "no size", "");
  if (d->kind != PK_STRING && d->bits > 64 && codec == NULL) return fail(b, d, "more than 64 bits", "");
  if (d->real && ((d->bits != 32 && d->bits != 64) || c->bit % 8 != 0 || codec != NULL || pk_words_said(d->words)))
    return fail(b, d, "a float has 32 or 64 bits, whole bytes, and no words of integers", "");
  if (d->bits > PK_LAYOUT_MAXBITS) return fail(b, d, "too large", "");
  if (d->bytes || open) to_byte(c);
  if (c->bit % 8 != 0 && c->little != little)
    return fail(b, d, "its bits and those before, of the other endian, share a byte", "");
  if (f != NULL) {
    f->offset = (uint32_t)(c->bit - scope->base);
    f->bits = (uint32_t)d->bits;
    f->little = (uint8_t)little;
    f->sign = (uint8_t)(d->sign != 0);
    f->real = (uint8_t)(d->real != 0);
    if (d->format != NULL) {
      f->codec = codec;
      if (f->codec == NULL) return fail(b, d, "unknown format ", d->format);
      if (f->codec->size > 0 && (c->bit % 8 != 0 || d->bits != f->codec->size * 8))
        return fail(b, d, "not the whole bytes that this format takes: ", d->format);
    }
  }
  if (open) {
    if (f == NULL) return fail(b, d, "padding without size", "");
    if (f->sizer == NULL && f->nends == 0 && (codec == NULL || codec->measure == NULL)) b->closed = 1;
    go_dynamic(scope, c);
  }
  if (d->peek) {
    if (f == NULL || d->bits == 0) return fail(b, d, "only a field with key and size may be peeked at", "");
    f->peek = 1;
    go_dynamic(scope, c);
  }
  if (f != NULL)
    emit(scope, PK_OP_FIELD, f, 0);
  else
    emit(scope, PK_OP_PAD, NULL, (uint32_t)d->bits)->a = (uint8_t)d->bytes;
  if (d->peek) return 0;
  c->bit += d->bits;
  c->little = little;
  return 0;
}

/* Compiles members into a layout of their own. */
static int compile_struct (Build *b, const pk_Def *fields, size_t n, int together,
                           pk_Endian endian, pk_Layout *sub, const Scope *up, Cursor *c, int depth) {
  Scope scope;
  int closed = b->closed, followed = b->followed;
  scope.l = sub;
  scope.up = up;
  scope.base = c->bit;
  scope.conditional = 0;
  scope.together = 0;
  scope.unions = 0;
  scope.afterpayload = 0;
  sub->fields = (pk_Field *)pk_block_take(&b->block, count_fields(fields, n) * sizeof(pk_Field));
  sub->ops = (pk_Op *)pk_block_take(&b->block, (count_ops(fields, n) + PK_BLOCK_OPS + 1) * sizeof(pk_Op));
  if (count_fields(fields, n) > PK_LAYOUT_MAXFIELDS)
    return pk_text_error(b->err, "layout '", b->layout, "': too many fields", NULL);
  b->closed = 0;
  b->followed = 0;
  if (place_fields(b, fields, n, together, endian, &scope, c, depth) < 0) return -1;
  b->followed = followed;
  if (!c->dynamic) {
    sub->bits = (uint32_t)(c->bit - scope.base);
    sub->constant = 1;
    sub->firstop = sub->nops;
  }
  emit(&scope, PK_OP_END, NULL, 0);
  sub->closed = (uint8_t)b->closed;
  b->closed = closed;
  return 0;
}

/* A struct or union with key: a layout of its own, whose offsets begin with it. */
static int place_struct (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, Scope *scope, Cursor *c,
                         int depth) {
  pk_Layout *sub = (pk_Layout *)pk_block_take(&b->block, sizeof(*sub));
  Cursor inner;
  if (begins_bytes(d)) to_byte(c);
  inner = *c;
  inner.dynamic = 0;
  sub->name = f->key;
  f->sub = sub;
  f->offset = (uint32_t)(c->bit - scope->base);
  if (compile_struct(b, d->fields, d->nfields, d->kind == PK_UNION, endian, sub, scope, &inner, depth) < 0)
    return -1;
  if (sub->constant) {
    f->bits = sub->bits;
    emit(scope, PK_OP_FIELD, f, 0);
    c->bit = inner.bit;
    c->little = inner.little;
    return 0;
  }
  f->bits = 0;
  go_dynamic(scope, c);
  emit(scope, PK_OP_FIELD, f, 0);
  if (sub->closed && f->sizer == NULL && (sub->acts & (PK_ACT_TOTAL | PK_ACT_REST)) == 0) b->closed = 1;
  c->bit = 0;
  return 0;
}

/* The layout of one element: of its members (a list's struct), or with one field "". */
static int place_element (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, pk_Layout *sub,
                          const Scope *scope, Cursor *c, int depth) {
  pk_Def element;
  if (d->nfields != 1) return fail(b, d, "not one element", "");
  element = d->fields[0];
  element.key = "";
  f->eachalign = element.align;
  element.align = 0;
  sub->name = f->key;
  if (f->kind == PK_LIST && element.kind == PK_STRUCT && element.when.n == 0)
    return compile_struct(b, element.fields, element.nfields, 0, element.endian != PK_ENDIAN_NONE ? element.endian : endian,
                          sub, scope, c, depth);
  return compile_struct(b, &element, 1, 0, endian, sub, scope, c, depth);
}

static int place_array (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, Scope *scope, Cursor *c,
                        int depth) {
  pk_Layout *sub = (pk_Layout *)pk_block_take(&b->block, sizeof(*sub));
  Cursor inner;
  uint64_t start, stride;
  if (d->count < 1 || d->count > PK_LAYOUT_MAXBITS) return fail(b, d, "bad count of elements", "");
  if (begins_bytes(d)) to_byte(c);
  start = c->bit;
  inner = *c;
  inner.dynamic = 0;
  if (place_element(b, d, endian, f, sub, scope, &inner, depth) < 0) return -1;
  if (!sub->constant) return fail(b, d, "its elements have no constant size", "");
  if (any_bytes(d)) to_byte(&inner);
  stride = inner.bit - start;
  if (stride == 0 || stride * d->count > PK_LAYOUT_MAXBITS) return fail(b, d, "too large", "");
  sub->bits = (uint32_t)stride;
  f->sub = sub;
  f->offset = (uint32_t)(start - scope->base);
  f->stride = (uint32_t)stride;
  f->count = (uint32_t)d->count;
  f->bits = (uint32_t)(stride * d->count);
  emit(scope, PK_OP_FIELD, f, 0);
  c->bit = start + f->bits;
  c->little = inner.little;
  return 0;
}

static int place_list (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, Scope *scope, Cursor *c,
                       int depth) {
  Cursor inner = {0, 0, 0};
  size_t k;
  to_byte(c);
  f->offset = (uint32_t)(c->bit - scope->base);
  f->room = d->room;
  f->ending = (uint8_t)(d->stop.n > 0 && b->followed && d->room == 0);
  if (d->part != NULL) {
    for (k = 0; k < b->nparts && strcmp(b->parts[k].key, d->part) != 0; k++) continue;
    if (k == b->nparts) return fail(b, d, "no part is called ", d->part);
    f->sub = b->partlayouts[k];
    f->eachalign = b->parts[k].align;
  }
  else {
    pk_Layout *sub = (pk_Layout *)pk_block_take(&b->block, sizeof(*sub));
    f->sub = sub;
    if (place_element(b, d, endian, f, sub, scope, &inner, depth) < 0) return -1;
    if (sub->constant && sub->bits % 8 != 0) return fail(b, d, "elements that are no whole bytes", "");
    f->stride = sub->constant ? sub->bits : 0;
    if (sub->constant && f->stride == 0) return fail(b, d, "elements without size", "");
  }
  go_dynamic(scope, c);
  emit(scope, PK_OP_FIELD, f, 0);
  if (f->sizer == NULL && f->counter == NULL && !f->ending && f->room == 0) b->closed = 1;
  if (d->stop.n > 0) { /* asked of the element */
    Scope element = {NULL, scope, 0, 0, 0, 0, 0};
    element.l = (pk_Layout *)f->sub;
    if (make_cond(b, d, &element, &d->stop, &f->stop) < 0) return -1;
  }
  c->bit = 0;
  return 0;
}

static int place_switch (Build *b, const pk_Def *d, pk_Endian endian, Scope *scope, Cursor *c, int depth) {
  pk_Switch *sw = (pk_Switch *)pk_block_take(&b->block, sizeof(*sw));
  struct pk_Branch *branches = (struct pk_Branch *)pk_block_take(&b->block, d->ncases * sizeof(*branches));
  uint32_t *starts = (uint32_t *)pk_block_take(&b->block, (d->nfields + 1) * sizeof(pk_Field));
  int conditional = scope->conditional, closed = b->closed;
  uint32_t first = scope->l->nops, k, j;
  pk_Field *f = find_field(scope, d->selector, strlen(d->selector), &sw->up);
  if (f == NULL) return fail(b, d, "no field before it is called ", d->selector);
  if (keep_value(b, d, scope, f, sw->up) < 0) return -1;
  if (begins_bytes(d) || d->nfields > 0) to_byte(c);
  go_dynamic(scope, c);
  sw->field = f;
  emit(scope, PK_OP_SWITCH, sw, 0);
  scope->conditional = 1;
  for (k = 0; k < d->nfields; k++) {
    Cursor branch = *c;
    starts[k] = scope->l->nops;
    b->closed = 0;
    if (place_fields(b, &d->fields[k], 1, 0, endian, scope, &branch, depth) < 0) return -1;
    emit(scope, PK_OP_JUMP, d, 0); /* `p` marks it until the end is known */
  }
  for (k = first; k < scope->l->nops; k++)
    if (scope->l->ops[k].code == PK_OP_JUMP && scope->l->ops[k].p == d) {
      ((pk_Op *)scope->l->ops)[k].n = scope->l->nops;
      ((pk_Op *)scope->l->ops)[k].p = NULL;
    }
  sw->other = scope->l->nops;
  for (k = 0; k < d->ncases; k++) {
    const pk_CaseDef *one = &d->cases[k];
    if (one->field >= d->nfields) return fail(b, d, "bad case", "");
    if (one->other) {
      sw->other = starts[one->field];
      continue;
    }
    for (j = sw->nbranches; j > 0 && branches[j - 1].value > one->value; j--) branches[j] = branches[j - 1];
    branches[j].value = one->value;
    branches[j].op = starts[one->field];
    sw->nbranches++;
  }
  sw->branches = branches;
  scope->conditional = conditional;
  b->closed = closed;
  c->bit = 0;
  return 0;
}

static int place_payload (Build *b, const pk_Def *d, Scope *scope, Cursor *c) {
  to_byte(c);
  go_dynamic(scope, c);
  emit(scope, PK_OP_PAYLOAD, pk_block_text(&b->block, d->upper), 0)->a = (uint8_t)(d->quoted != 0);
  if (!scope->conditional) scope->afterpayload = 1;
  c->bit = 0;
  return 0;
}

static int check_key (Build *b, const pk_Def *d, const Scope *scope, const char *key) {
  if (strlen(key) > PK_LAYOUT_MAXKEY) return fail(b, d, "name of over 40 characters: ", key);
  if (!scope->conditional && own_field(scope->l, key, strlen(key)) != NULL)
    return fail(b, d, "name used twice: ", key);
  return 0;
}

/* Finds the fields of the same struct that say the size or the count of this one. */
static void find_sizers (const pk_Layout *l, pk_Field *f) {
  uint32_t k, n;
  for (k = 0; k < l->nfields; k++) {
    const pk_Words *w = l->fields[k].words;
    if (w == NULL || &l->fields[k] == f) continue;
    for (n = 0; n < w->nlength; n++)
      if (strcmp(w->length[n], f->key) == 0) f->sizer = &l->fields[k];
    if (w->counts != NULL && strcmp(w->counts, f->key) == 0) f->counter = &l->fields[k];
  }
}

static uint8_t acts_of (const pk_Words *w) {
  unsigned acts = 0;
  if (w == NULL) return 0;
  if (w->nlength == 1) {
    const char *what = w->length[0];
    acts |= strcmp(what, "header") == 0 ? PK_ACT_HEADER : strcmp(what, "total") == 0 ? PK_ACT_TOTAL
          : strcmp(what, "payload") == 0 ? PK_ACT_PAYLOAD : strcmp(what, "rest") == 0 ? PK_ACT_REST : 0;
  }
  if (w->next != NULL) acts |= PK_ACT_NEXT;
  if (w->hint != NULL) acts |= PK_ACT_HINT;
  if (w->equal.kind != PK_VALUE_NONE || w->min.kind != PK_VALUE_NONE || w->max.kind != PK_VALUE_NONE)
    acts |= PK_ACT_CHECK;
  return (uint8_t)acts;
}

/* A number that tells its own size. */
static int tells_number (const pk_Def *d) {
  const pk_Codec *codec = d->format != NULL && d->bits == 0 ? pk_codec_find(d->format) : NULL;
  return codec != NULL && codec->value != NULL;
}

/* The bytes that end a string. */
static void put_ends (Build *b, const pk_Value *v, pk_Field *f) {
  uint8_t *ends;
  if (v->kind == PK_VALUE_NONE) return;
  f->nends = (uint8_t)(v->kind == PK_VALUE_BYTES ? v->len : 1);
  f->ends = ends = (uint8_t *)pk_block_take(&b->block, f->nends);
  if (v->kind == PK_VALUE_BYTES)
    memcpy(ends, v->bytes, v->len);
  else
    ends[0] = (uint8_t)v->n;
}

/* A field with a key: what all kinds have. */
static pk_Field *new_field (Build *b, const pk_Def *d, Scope *scope) {
  pk_Layout *into = scope->l;
  pk_Field *f = (pk_Field *)&into->fields[into->nfields], *twin;
  uint32_t k;
  if (check_key(b, d, scope, d->key) < 0) return NULL;
  twin = own_field(into, d->key, strlen(d->key));
  f->key = twin != NULL ? twin->key : d->key[0] != '\0' ? pk_block_text(&b->block, d->key) : ""; /* an element's takes no room */
  f->kind = (uint8_t)d->kind;
  f->bytes = (uint8_t)d->bytes;
  f->guess = (uint8_t)d->guess;
  f->align = d->align;
  f->fill = d->fill;
  put_ends(b, &d->terminator, f);
  f->aliases = pk_block_texts(&b->block, d->aliases, d->naliases);
  if (twin != NULL) {
    if (strcmp(twin->key, d->key) != 0) {
      fail(b, d, "name used twice: ", d->key); /* it is an alias there */
      return NULL;
    }
    f->slot = twin->slot;
    twin->alt = f;
    f->first = twin->first;
  }
  else
    f->first = into->nfields;
  into->nfields++; /* from here on its own names count as used */
  for (k = 0; k < d->naliases; k++) {
    if (twin == NULL && check_key(b, d, scope, d->aliases[k]) < 0) return NULL;
    f->naliases = k + 1;
  }
  if (d->words != NULL && bad_scale(d->words)) {
    fail(b, d, "unit or bias out of range", "");
    return NULL;
  }
  f->words = pk_block_words(&b->block, d->words);
  f->acts = acts_of(f->words);
  if (f->acts != 0 && (f->acts & (PK_ACT_HEADER | PK_ACT_TOTAL | PK_ACT_PAYLOAD | PK_ACT_REST | PK_ACT_NEXT)) &&
      d->kind != PK_NUMBER && !tells_number(d)) {
    fail(b, d, (f->acts & PK_ACT_HEADER) ? "not the one number that may give the header's length"
                                         : "only a number may be a length or name the upper layer", "");
    return NULL;
  }
  into->acts |= f->acts;
  find_sizers(into, f);
  if (f->sizer != NULL && keep_value(b, d, scope, (pk_Field *)f->sizer, 0) < 0) return NULL;
  if (f->counter != NULL && keep_value(b, d, scope, (pk_Field *)f->counter, 0) < 0) return NULL;
  return f;
}

/* What kind it is, once its condition has been dealt with. */
static int place_kind (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, Scope *scope, Cursor *c,
                       int depth) {
  switch (d->kind) {
    case PK_NUMBER:
    case PK_BOOLEAN:
    case PK_STRING: return place_leaf(b, d, endian, f, scope, c);
    case PK_ARRAY: return place_array(b, d, endian, f, scope, c, depth);
    case PK_LIST: return place_list(b, d, endian, f, scope, c, depth);
    case PK_SWITCH: return place_switch(b, d, endian, scope, c, depth);
    case PK_PAYLOAD: return place_payload(b, d, scope, c);
    case PK_STRUCT:
    case PK_UNION: break;
  }
  if (f != NULL) return place_struct(b, d, endian, f, scope, c, depth);
  return place_fields(b, d->fields, d->nfields, d->kind == PK_UNION, endian, scope, c, depth);
}

/* What follows begins at a multiple of `align` bytes from byte `begin` on. */
static void align_cursor (Cursor *c, uint64_t begin, uint32_t align) {
  uint64_t over;
  to_byte(c);
  over = (c->bit / 8 - begin) % align;
  if (over > 0) c->bit += (align - over) * 8;
}

static int place_field (Build *b, const pk_Def *d, pk_Endian endian, Scope *scope, Cursor *c, int depth) {
  pk_Field *f = NULL;
  pk_Cond *when = NULL;
  int conditional = scope->conditional, closed = b->closed, wasdynamic = c->dynamic;
  int inplace = scope->together && pk_kind_isleaf(d->kind) && d->bits > 0; /* others stand there as well */
  uint32_t test = 0;
  uint64_t begin;
  if (b->closed) return fail(b, d, "nothing may follow a field without size", "");
  if (depth > PK_LAYOUT_MAXDEPTH) return fail(b, d, "structs too deep", "");
  if (d->key == NULL && (d->kind == PK_ARRAY || d->kind == PK_LIST)) return fail(b, d, "an array needs a key", "");
  if (d->key != NULL && (d->kind == PK_SWITCH || d->kind == PK_PAYLOAD))
    return fail(b, d, "a switch or payload has no key", "");
  if (d->endian != PK_ENDIAN_NONE) endian = d->endian;
  if (d->when.n > 0) {
    if (begins_bytes(d)) to_byte(c);
    if (!inplace) go_dynamic(scope, c);
    when = (pk_Cond *)pk_block_take(&b->block, sizeof(*when));
    if (make_cond(b, d, scope, &d->when, when) < 0) return -1;
    test = scope->l->nops;
    emit(scope, PK_OP_TEST, when, 0);
    scope->conditional = 1;
  }
  if (d->key != NULL && (f = new_field(b, d, scope)) == NULL) return -1;
  if (d->align > 0 && d->kind != PK_LIST && f == NULL) return fail(b, d, "align needs a key", "");
  if (begins_bytes(d)) to_byte(c);
  begin = c->bit / 8;
  if (place_kind(b, d, endian, f, scope, c, depth) < 0) return -1;
  if (f != NULL) {
    f->placed = !wasdynamic && !conditional;
    f->fixed = f->placed && when == NULL && f->bits > 0 && !f->peek;
    f->when = when;
    if (f->placed) scope->l->placedacts |= f->acts;
  }
  if (d->align > 0 && d->kind != PK_LIST) {
    if (c->dynamic)
      c->bit = 0; /* a whole byte, somewhere */
    else
      align_cursor(c, begin, d->align);
  }
  if (scope->afterpayload && d->kind != PK_PAYLOAD && f != NULL) {
    if (f->bits == 0) return fail(b, d, "a field after the payload needs a size", "");
    scope->l->trailer += f->bits;
  }
  if (d->when.n > 0) {
    ((pk_Op *)scope->l->ops)[test].n = scope->l->nops;
    scope->conditional = conditional;
    b->closed = closed;
  }
  if (c->bit > PK_LAYOUT_MAXBITS) return fail(b, d, "layout too large", "");
  return 0;
}

/*
** Members one after the other, or (a union) all together from where the cursor is, to the end of the
** longest.
*/
static int place_fields (Build *b, const pk_Def *defs, size_t n, int together, pk_Endian endian,
                         Scope *scope, Cursor *c, int depth) {
  Cursor start, longest;
  size_t k;
  int dynamic = c->dynamic, wastogether = scope->together, closed = 0;
  const int followed = b->followed; /* of the group that these are members of */
  scope->together = together;
  if (together && ++scope->unions > PK_LAYOUT_MAXUNIONS)
    return pk_text_error(b->err, "layout '", b->layout, "': unions too deep", NULL);
  if (together) {
    for (k = 0; k < n; k++)
      if (begins_bytes(&defs[k])) {
        to_byte(c);
        break;
      }
    emit(scope, PK_OP_UNION, NULL, 0);
  }
  start = longest = *c;
  for (k = 0; k < n; k++) {
    if (together) {
      if (k > 0) emit(scope, PK_OP_MEMBER, NULL, 0);
      dynamic |= c->dynamic;
      *c = start;
    }
    b->followed = followed || (k + 1 < n && !together);
    if (place_field(b, &defs[k], endian, scope, c, depth + 1) < 0) return -1;
    if (together && b->closed) {
      closed = 1;
      b->closed = 0;
    }
    if (c->bit > longest.bit) longest = *c;
  }
  if (together) {
    dynamic |= c->dynamic;
    *c = longest;
    if (dynamic) go_dynamic(scope, c);
    c->dynamic = dynamic;
    emit(scope, PK_OP_TOGETHER, NULL, 0);
    if (closed) b->closed = 1;
    scope->unions--;
  }
  scope->together = wastogether;
  return 0;
}

static int one_header (Build *b, const pk_Layout *l) {
  uint32_t k, n = 0;
  for (k = 0; k < l->nfields; k++)
    if ((l->fields[k].acts & PK_ACT_HEADER) && n++ > 0)
      return pk_text_error(b->err, "layout '", l->name, "': field '", l->fields[k].key,
                           "': not the one number that may give the header's length", NULL);
  return 0;
}

static int place_layout (Build *b, const pk_LayoutDef *def, pk_Layout *l) {
  Cursor c = {0, 0, 0};
  Scope scope = {NULL, NULL, 0, 0, 0, 0, 0};
  pk_Def whole;
  pk_Verbs *verbs;
  memset(&whole, 0, sizeof(whole));
  whole.key = "(layout)";
  scope.l = l;
  if (compile_struct(b, def->fields, def->nfields, 0, def->endian, l, NULL, &c, 0) < 0) return -1;
  if (make_cond(b, &whole, &scope, &def->when, &l->when) < 0 ||
      make_cond(b, &whole, &scope, &def->follow, &l->follow) < 0 ||
      make_cond(b, &whole, &scope, &def->fragment, &l->fragment) < 0)
    return -1;
  l->header = pk_layout_actor(l, PK_ACT_HEADER);
  verbs = (pk_Verbs *)pk_block_take(&b->block, sizeof(*verbs));
  if (pk_verbs_make(l, verbs)) l->verbs = verbs;
  return one_header(b, l);
}

static int place_parts (Build *b, const pk_LayoutDef *def) {
  size_t k;
  b->parts = def->parts;
  b->nparts = def->nparts;
  b->partlayouts = (pk_Layout **)pk_block_take(&b->block, def->nparts * sizeof(*b->partlayouts));
  for (k = 0; k < def->nparts; k++) b->partlayouts[k] = (pk_Layout *)pk_block_take(&b->block, sizeof(pk_Layout));
  for (k = 0; k < def->nparts; k++) {
    Cursor c = {0, 0, 0};
    const pk_Def *part = &def->parts[k];
    b->partlayouts[k]->name = pk_block_text(&b->block, part->key);
    if (compile_struct(b, part->fields, part->nfields, 0, def->endian, b->partlayouts[k], NULL, &c, 0) < 0)
      return -1;
  }
  return 0;
}

/*
** Bits in sets of layouts: what carries others has one of its own, as long as there are enough; what ends a frame
** shares: asked for, say, UDP, the ports of a TCP segment need not be looked at.
*/
#define LEAFBITS 16

static atomic_uint builtleafs;
static atomic_uint built; /* in this process */

const pk_Layout *pk_layout_build (const pk_LayoutDef *def, void *block, size_t size, char *err) {
  Build b;
  pk_Layout *l;
  uint32_t k;
  memset(&b, 0, sizeof(b));
  b.block.at = (char *)block;
  b.block.end = b.block.at + size;
  b.err = err;
  b.layout = def->name;
  l = (pk_Layout *)pk_block_take(&b.block, sizeof(*l));
  l->name = pk_block_text(&b.block, def->name);
  l->line = pk_block_text(&b.block, def->line);
  l->about = pk_block_text(&b.block, def->about);
  l->stream = (uint8_t)(def->stream != 0);
  if (place_parts(&b, def) < 0 || place_layout(&b, def, l) < 0) return NULL;
  if (def->nunder > 0) {
    pk_Under *under = (pk_Under *)pk_block_take(&b.block, def->nunder * sizeof(*under));
    for (k = 0; k < def->nunder; k++) {
      under[k] = def->under[k];
      under[k].space = pk_block_text(&b.block, def->under[k].space);
    }
    l->under = under;
    l->nunder = def->nunder;
  }
  if (def->nlinks > 0) {
    l->links = (const uint32_t *)memcpy(pk_block_take(&b.block, def->nlinks * sizeof(uint32_t)), def->links,
                                        def->nlinks * sizeof(uint32_t));
    l->nlinks = def->nlinks;
  }
  pk_layout_stand(l, (uint32_t *)pk_block_take(&b.block, 2 * PK_LAYOUT_MAXABOVE * sizeof(uint32_t)));
  l->bit = (uint8_t)(l->nabove + l->nnamed == 0 ? 64 - LEAFBITS + atomic_fetch_add(&builtleafs, 1) % LEAFBITS
                                    : atomic_fetch_add(&built, 1) % (64 - LEAFBITS));
  return l;
}
