/*
** bind.c: bindings, single values by hash, ranges in a list.
*/
#include "bind.h"

#include <string.h>

#include "inner.h"

typedef pk_BindSlot Slot;

static uint32_t slots_for (size_t n) {
  uint32_t slots = 16;
  while (slots < 2 * n + 2) slots *= 2;
  return slots;
}

size_t pk_bindings_need (size_t n) {
  return sizeof(pk_Bindings) + 16 + (slots_for(n) + n) * sizeof(Slot);
}

static Slot *slot_of (const pk_Bindings *b, uint32_t space, int64_t value) {
  uint32_t k = pk_bindings_place(space, (uint64_t)value) & b->mask;
  while (b->slots[k].space != 0 && (b->slots[k].space != space || b->slots[k].min != value)) k = (k + 1) & b->mask;
  return &b->slots[k];
}

/* --- what may stand above what */

#define MAXSPACES 64

typedef struct Spaces {
  uint32_t n;
  uint32_t hash[MAXSPACES];
  uint64_t reach[MAXSPACES]; /* of all that is bound in the space */
} Spaces;

/* The place of a space, or MAXSPACES: one too many. */
static uint32_t space_at (Spaces *s, uint32_t hash) {
  uint32_t k;
  for (k = 0; k < s->n; k++)
    if (s->hash[k] == hash) return k;
  if (s->n == MAXSPACES) return MAXSPACES;
  s->hash[s->n] = hash;
  s->reach[s->n] = 0;
  return s->n++;
}

static uint64_t reach_of (const pk_Bindings *b, Spaces *s, const pk_Layout *l) {
  uint64_t reach = 0;
  uint32_t k;
  if (l == NULL) return 0;
  for (k = 0; k < l->nabove; k++) {
    const uint32_t at = space_at(s, l->above[k]);
    reach |= at < MAXSPACES ? s->reach[at] : UINT64_MAX;
  }
  for (k = 0; k < l->nnamed; k++) reach |= slot_of(b, pk_space_hash(PK_SPACE_NAME), l->named[k])->reach;
  return l->nabove == PK_LAYOUT_MAXABOVE || l->nnamed == PK_LAYOUT_MAXABOVE ? UINT64_MAX : reach;
}

/* Goes over all bindings until no set grows: as often as layouts may stand on layouts, at most. */
static void find_reach (pk_Bindings *b) {
  Spaces spaces;
  Slot *const end = b->ranges + b->nranges;
  Slot *slot;
  int grew;
  spaces.n = 0;
  do {
    grew = 0;
    for (slot = b->slots; slot < end; slot++) {
      uint64_t reach;
      uint32_t at;
      if (slot->space == 0 || slot->layout == NULL) continue;
      reach = reach_of(b, &spaces, slot->layout) | pk_bindings_bit(slot->layout);
      if ((reach | slot->reach) != slot->reach) grew = 1;
      slot->reach |= reach;
      at = space_at(&spaces, slot->space);
      if (at < MAXSPACES) {
        reach = spaces.reach[at] | slot->reach;
        if (reach != spaces.reach[at]) grew = 1;
        spaces.reach[at] = reach;
      }
    }
  } while (grew);
}

const pk_Bindings *pk_bindings_build (const pk_Binding *list, size_t n, void *block) {
  pk_Bindings *b = (pk_Bindings *)block;
  size_t k;
  memset(block, 0, pk_bindings_need(n));
  b->mask = slots_for(n) - 1;
  b->slots = (Slot *)((char *)block + (sizeof(*b) + 15) / 16 * 16);
  b->ranges = b->slots + b->mask + 1;
  for (k = n; k-- > 0;) { /* the newest first: it stays */
    const uint32_t space = pk_space_hash(list[k].space);
    Slot *slot;
    if (list[k].min == list[k].max) {
      const uint32_t bit = pk_bindings_filterbit(pk_bindings_place(space, (uint64_t)list[k].min));
      b->filter[bit / 64] |= (uint64_t)1 << bit % 64;
      slot = slot_of(b, space, list[k].min);
      if (slot->space != 0) continue;
    }
    else {
      slot = &b->ranges[b->nranges++];
      b->ranged |= (uint64_t)1 << (space >> 1 & 63);
    }
    slot->space = space;
    slot->min = list[k].min;
    slot->max = list[k].max;
    slot->layout = list[k].layout;
  }
  find_reach(b);
  return b;
}

const pk_BindSlot *pk_bindings_range (const pk_Bindings *b, uint32_t space, uint64_t value) {
  uint32_t k;
  for (k = 0; k < b->nranges; k++) {
    const Slot *r = &b->ranges[k];
    if (r->space == space && r->min <= (int64_t)value && (int64_t)value <= r->max) return r;
  }
  return NULL;
}

const pk_BindSlot *pk_bindings_single (const pk_Bindings *b, uint32_t space, uint64_t value, uint32_t place) {
  uint32_t k = place & b->mask;
  for (; b->slots[k].space != 0; k = (k + 1) & b->mask)
    if (b->slots[k].space == space && b->slots[k].min == (int64_t)value) return &b->slots[k];
  return pk_bindings_range(b, space, value);
}

int pk_bindings_leading (const pk_Bindings *b, uint32_t space, uint64_t bits, uint64_t *values, int max) {
  uint32_t k;
  int n = 0;
  for (k = 0; k < b->nranges; k++)
    if (b->ranges[k].space == space && (b->ranges[k].reach & bits) != 0) return -1;
  for (k = 0; k <= b->mask; k++)
    if (b->slots[k].space == space && (b->slots[k].reach & bits) != 0) {
      if (n == max) return -1;
      values[n++] = (uint64_t)b->slots[k].min;
    }
  return n;
}
