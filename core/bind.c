/*
** bind.c: bindings, single values by hash, ranges in a list.
*/
#include "bind.h"

#include <string.h>

typedef struct pk_BindSlot {
  uint32_t space; /* 0: free */
  int64_t min, max;
  const pk_Layout *layout;
} Slot;

static uint32_t slots_for (size_t n) {
  uint32_t slots = 16;
  while (slots < 2 * n + 2) slots *= 2;
  return slots;
}

size_t pk_bindings_need (size_t n) {
  return sizeof(pk_Bindings) + 16 + (slots_for(n) + n) * sizeof(Slot);
}

static uint32_t place_of (uint32_t space, uint64_t value) {
  return (uint32_t)((value ^ (uint64_t)space << 13) * 0x9e3779b97f4a7c15u >> 40); /* 24 bits */
}

/* The bit of a place in the filter. */
static uint32_t bit_of (uint32_t place) {
  return place >> 14 & 1023;
}

static Slot *slot_of (const pk_Bindings *b, uint32_t space, int64_t value) {
  uint32_t k = place_of(space, (uint64_t)value) & b->mask;
  while (b->slots[k].space != 0 && (b->slots[k].space != space || b->slots[k].min != value)) k = (k + 1) & b->mask;
  return &b->slots[k];
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
      const uint32_t bit = bit_of(place_of(space, (uint64_t)list[k].min));
      b->filter[bit / 64] |= (uint64_t)1 << bit % 64;
      slot = slot_of(b, space, list[k].min);
      if (slot->space != 0) continue;
    }
    else
      slot = &b->ranges[b->nranges++];
    slot->space = space;
    slot->min = list[k].min;
    slot->max = list[k].max;
    slot->layout = list[k].layout;
  }
  return b;
}

const pk_Layout *pk_bindings_find (const pk_Bindings *b, uint32_t space, uint64_t value) {
  uint32_t k = bit_of(place_of(space, value));
  if (b->filter[k / 64] >> k % 64 & 1) {
    const Slot *slot = slot_of(b, space, (int64_t)value);
    if (slot->space != 0) return slot->layout;
  }
  for (k = 0; k < b->nranges; k++) {
    const Slot *r = &b->ranges[k];
    if (r->space == space && r->min <= (int64_t)value && (int64_t)value <= r->max) return r->layout;
  }
  return NULL;
}
