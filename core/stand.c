/*
** stand.c: how a layout stands among others: what may stand on it, and the ends of conversations that it tells.
*/
#include <string.h>

#include "block.h"
#include "layout.h"
#include "inner.h"
#include "ops.h"

static void add_above (uint32_t *list, uint32_t *n, uint32_t hash) {
  uint32_t k;
  for (k = 0; k < *n; k++)
    if (list[k] == hash) return;
  if (hash != 0 && *n < PK_LAYOUT_MAXABOVE) list[(*n)++] = hash;
}

/* The spaces that its fields name, and the fixed layouts of its payloads. */
static void find_above (pk_Layout *l, uint32_t *list) {
  uint32_t *named = list + PK_LAYOUT_MAXABOVE, k;
  for (k = 0; k < l->nfields; k++)
    if (l->fields[k].words != NULL) {
      add_above(list, &l->nabove, l->fields[k].words->nexthash);
      add_above(list, &l->nabove, l->fields[k].words->hinthash);
    }
  for (k = 0; k < l->nops; k++)
    if (l->ops[k].code == PK_OP_PAYLOAD && l->ops[k].p != NULL)
      add_above(named, &l->nnamed, pk_space_hash((const char *)l->ops[k].p));
  l->above = list;
  l->named = named;
}

/* Whether nothing can stand above a layout, which takes its region whatever its fields say. */
static int is_top (const pk_Layout *l) {
  uint32_t k;
  for (k = 0; k < l->nops; k++)
    if (l->ops[k].code == PK_OP_PAYLOAD) return 0;
  return l->when.n == 0 && (l->acts & (PK_ACT_NEXT | PK_ACT_HINT | PK_ACT_TOTAL | PK_ACT_REST | PK_ACT_PAYLOAD)) == 0;
}

static void find_role (pk_Layout *l, const char *role, uint8_t bit, const pk_Field **field, int depth) {
  uint32_t k, n = 0;
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    if (f->words != NULL && f->words->role != NULL && strcmp(f->words->role, role) == 0) {
      *field = f;
      n++;
    }
    if (f->kind == PK_LIST) { /* of an option */
      pk_Layout element = *f->sub;
      const pk_Field *inside = NULL;
      element.roles = 0;
      if (depth < 1) find_role(&element, role, bit, &inside, depth + 1);
      l->roles |= element.roles;
      if (element.roles != 0) n += 2; /* it has to be looked for */
    }
  }
  if (n > 0) l->roles |= bit;
  if (n != 1 || !(*field)->fixed) *field = NULL;
}

/* What flows ask of a layout. */
static void find_ends (pk_Layout *l) {
  const pk_Field *from = pk_layout_actor(l, PK_ACT_HINT), *to = pk_layout_actor(l, PK_ACT_NEXT);
  uint32_t k;
  find_role(l, "source", 1, &l->source, 0);
  find_role(l, "destination", 2, &l->destination, 0);
  l->ipproto = -1;
  for (k = l->nunder; k-- > 0;)
    if (strcmp(l->under[k].space, "ipproto") == 0) l->ipproto = (int16_t)(uint8_t)l->under[k].min;
  if (from != NULL && to != NULL && from->fixed && to->fixed && from->bits == 16 && to->bits == 16 &&
      from->words->hinthash == to->words->nexthash) {
    l->sport = from;
    l->dport = to;
  }
}

/* The checksums of a layout. */
static void find_sums (pk_Layout *l) {
  uint32_t k;
  for (k = 0; k < l->nfields; k++)
    if (pk_field_issum(&l->fields[k])) {
      l->sum = &l->fields[k];
      if (l->nsums < UINT8_MAX) l->nsums++;
    }
  if (l->nsums != 1 || !l->sum->fixed) l->sum = NULL;
}

/* The kinds of addresses in a struct and what it is made of. Deeper than any, all. */
static uint8_t find_addresses (const pk_Layout *l, int depth) {
  uint8_t kinds = 0;
  uint32_t k;
  if (depth > 8) return UINT8_MAX;
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    if (f->codec != NULL && f->codec->address != PK_ADDRESS_NONE) kinds |= (uint8_t)(1 << f->codec->address);
    if (f->sub != NULL) kinds |= find_addresses(f->sub, depth + 1);
  }
  return kinds;
}

void pk_layout_stand (pk_Layout *l, uint32_t *list) {
  l->top = (uint8_t)is_top(l);
  find_above(l, list);
  find_ends(l);
  find_sums(l);
  l->addressed = find_addresses(l, 0);
}
