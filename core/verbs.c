/*
** verbs.c: the program of a layout, from its placed fields.
*/
#include "verbs.h"

#include <string.h>

#include "inner.h"
#include "ops.h"

/* --- running */

int pk_verbs_cond (const uint8_t *p, const pk_Cond *c) {
  uint32_t k;
  int all = 1;
  for (k = 0; k < c->n; k++) {
    const pk_Test *t = &c->tests[k];
    all = all && pk_ranges_have(t->ranges, t->nranges, (int64_t)pk_load(p, &t->field->load)) != t->negate;
    if (t->last) {
      if (all) return 1;
      all = 1;
    }
  }
  return c->n == 0;
}

/* --- making */

/*
** How a placed number is loaded: eight bytes that hold it, of the fixed fields' where they are as many.
** Little-endian numbers that are not whole bytes are left to bits.c.
*/
static void make_load (const pk_Layout *l, pk_Field *f) {
  const uint32_t prefix = (l->bits + 7) / 8, bytes = (f->offset % 8 + f->bits + 7) / 8;
  uint32_t from = f->offset / 8;
  if (!f->placed || f->kind > PK_BOOLEAN || f->bits == 0 || f->guess || f->sign || f->real) return;
  if (f->little && (f->offset % 8 != 0 || f->bits % 8 != 0)) return;
  if (f->offset + f->bits > l->bits || bytes > 8) return; /* it may stand after the fixed ones */
  if (from + 8 > prefix) from = prefix > 8 ? prefix - 8 : 0;
  f->load.byte = from;
  f->load.shift = (uint8_t)(f->little ? f->offset - 8 * from : 64 - (f->offset - 8 * from) - f->bits);
  f->load.little = f->little;
  f->load.mask = f->bits >= 64 ? UINT64_MAX : ((uint64_t)1 << f->bits) - 1;
}

/* A condition that asks fields that can be loaded, and no others. */
static int make_guard (const pk_Cond *c, pk_Guard *g) {
  const pk_Test *t;
  uint32_t k;
  g->how = PK_GUARD_ALWAYS;
  if (c == NULL || c->n == 0) return 1;
  for (k = 0; k < c->n; k++) {
    t = &c->tests[k];
    if (t->up > 0 || t->field == NULL || t->member != NULL || !t->field->fixed || t->field->load.mask == 0 ||
        t->field->little)
      return 0;
  }
  t = &c->tests[0];
  g->how = PK_GUARD_COND;
  g->cond = c;
  if (c->n == 1 && t->nranges == 1 && t->field->load.mask <= INT64_MAX) {
    const int64_t min = t->ranges[0].min > 0 ? t->ranges[0].min : 0, max = t->ranges[0].max;
    if (max < min) return 1;
    g->how = PK_GUARD_RANGE;
    g->negate = t->negate;
    g->load = t->field->load;
    g->min = (uint64_t)min;
    g->span = (uint64_t)(max - min);
  }
  return 1;
}

/* Lengths of up to 32 bits: no product overflows. */
static int make_length (const pk_Layout *l, uint8_t act, uint32_t bit, pk_Length *v, uint32_t *has) {
  const pk_Field *f = pk_layout_actor(l, act);
  if (f == NULL) return 1;
  if (f->load.mask == 0 || f->little || f->bits > 32 || !make_guard(f->when, &v->guard)) return 0;
  v->load = f->load;
  v->unit = f->words->unit.kind != PK_VALUE_NONE ? f->words->unit.n : 1;
  v->bias = f->words->bias.n;
  v->open = f->words->open.kind != PK_VALUE_NONE ? (uint64_t)f->words->open.n : UINT64_MAX;
  *has |= bit;
  return 1;
}

static int make_namer (const pk_Layout *l, uint8_t act, uint32_t bit, pk_Namer *v, uint32_t *has) {
  const pk_Field *f = pk_layout_actor(l, act);
  if (f == NULL) return 1;
  if (f->load.mask == 0 || f->little || !make_guard(f->when, &v->guard)) return 0;
  v->load = f->load;
  v->space = act == PK_ACT_NEXT ? f->words->nexthash : f->words->hinthash;
  *has |= bit;
  return 1;
}

/* Equal, min and max of unsigned numbers below 2^63. */
static int make_bound (const pk_Field *f, pk_Bound *b) {
  const pk_Words *w = f->words;
  int64_t min = 0, max = INT64_MAX;
  if (f->load.mask == 0 || f->little || f->load.mask > INT64_MAX || f->when != NULL) return 0;
  if (w->min.kind != PK_VALUE_NONE && w->min.n > min) min = w->min.n;
  if (w->max.kind != PK_VALUE_NONE && w->max.n < max) max = w->max.n;
  if (w->equal.kind != PK_VALUE_NONE) {
    if (w->equal.n < min || w->equal.n > max) return 0;
    min = max = w->equal.n;
  }
  if (max < min) return 0;
  b->load = f->load;
  b->min = (uint64_t)min;
  b->span = (uint64_t)(max - min);
  return 1;
}

/*
** Whether placed fields alone measure a layer: all that acts is placed and one of its kind, and what
** follows the fixed fields cannot move the payload.
*/
static int is_simple (const pk_Layout *l) {
  uint32_t k;
  if (l->acts != l->placedacts || l->bits == 0 || (l->acts & PK_ACT_REST)) return 0;
  for (k = PK_ACT_HEADER; k <= PK_ACT_HINT; k *= 2)
    if ((l->acts & k) && pk_layout_actor(l, (uint8_t)k) == NULL) return 0;
  for (k = 0; k < l->nops; k++)
    if (l->ops[k].code == PK_OP_PAYLOAD) return 0;
  return l->constant || (l->acts & PK_ACT_HEADER) != 0;
}

int pk_verbs_make (pk_Layout *l, pk_Verbs *v) {
  uint32_t k;
  memset(v, 0, sizeof(*v));
  v->prefix = (l->bits + 7) / 8;
  v->reach = v->prefix > 8 ? v->prefix : 8;
  for (k = 0; k < l->nfields; k++) make_load(l, (pk_Field *)&l->fields[k]);
  if (!is_simple(l)) return 0;
  for (k = 0; k < l->nfields; k++)
    if (l->fields[k].acts & PK_ACT_CHECK) {
      if (v->nbounds == PK_VERBS_MAXBOUNDS || !make_bound(&l->fields[k], &v->bounds[v->nbounds])) return 0;
      v->nbounds++;
    }
  if (l->when.n > 0) v->has |= PK_HAS_WHEN;
  if (l->follow.n > 0) v->has |= PK_HAS_FOLLOW;
  return make_guard(&l->when, &v->when) && make_guard(&l->follow, &v->follow) &&
         make_guard(&l->fragment, &v->fragment) && make_namer(l, PK_ACT_NEXT, PK_HAS_NEXT, &v->next, &v->has) &&
         make_namer(l, PK_ACT_HINT, PK_HAS_HINT, &v->hint, &v->has) &&
         make_length(l, PK_ACT_TOTAL, PK_HAS_TOTAL, &v->total, &v->has) &&
         make_length(l, PK_ACT_HEADER, PK_HAS_HEADER, &v->header, &v->has) &&
         make_length(l, PK_ACT_PAYLOAD, PK_HAS_PAYLOAD, &v->payload, &v->has);
}
