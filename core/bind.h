/*
** bind.h: which layout stands under which value of which space: ethertype 0x0800, link type 1, a name.
*/
#ifndef pktcraft_bind_h
#define pktcraft_bind_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "layout.h"

PK_BEGIN

/* The values min to max of a space; later bindings of a value replace earlier ones, and one value alone any range. */
typedef struct pk_Binding {
  const char *space; /* read when the bindings are built; the layout must outlive them */
  int64_t min, max;
  const pk_Layout *layout; /* NULL: nothing, whatever was bound before */
} pk_Binding;

/* The space of link types, and that of layouts' names (their pk_space_hash). */
#define PK_SPACE_LINK "link"
#define PK_SPACE_NAME "layout"

/* A binding as it is found. */
typedef struct pk_BindSlot {
  uint32_t space; /* its hash; 0: free */
  int64_t min, max;
  const pk_Layout *layout;
  uint64_t reach; /* the bits of that layout and of those that may stand above it, at any height */
} pk_BindSlot;

/* The bit of a layout in a set of them: two may have the same. */
static inline uint64_t pk_bindings_bit (const pk_Layout *l) {
  return (uint64_t)1 << l->bit;
}

/* In one block of the caller's; immutable, so threads may share it. */
typedef struct pk_Bindings {
  pk_BindSlot *slots;  /* single values, open-addressed */
  pk_BindSlot *ranges; /* the newest first */
  uint32_t mask, nranges;
  uint64_t ranged;     /* a bit for each space with ranges, by hash */
  uint64_t filter[64]; /* a bit for each value bound, by hash: most that are asked for are not */
} pk_Bindings;

/* The bytes that `n` bindings take. */
PK_API size_t pk_bindings_need (size_t n);

/* Makes them in a block of that size, aligned as malloc does. */
PK_API const pk_Bindings *pk_bindings_build (const pk_Binding *list, size_t n, void *block);

/* Where a value is looked for, 24 bits; and its bit in the filter. */
static inline uint32_t pk_bindings_place (uint32_t space, uint64_t value) {
  return (uint32_t)((value ^ (uint64_t)space << 13) * 0x9e3779b97f4a7c15u >> 40);
}

static inline uint32_t pk_bindings_filterbit (uint32_t place) {
  return place >> 12 & 4095;
}

/* What the next function does when the filter has the value, and when the space has ranges. */
PK_API const pk_BindSlot *pk_bindings_single (const pk_Bindings *b, uint32_t space, uint64_t value, uint32_t place);
PK_API const pk_BindSlot *pk_bindings_range (const pk_Bindings *b, uint32_t space, uint64_t value);

/* The binding of a value of the space with that hash, or NULL. */
static inline const pk_BindSlot *pk_bindings_slot (const pk_Bindings *b, uint32_t space, uint64_t value) {
  const uint32_t place = pk_bindings_place(space, value), bit = pk_bindings_filterbit(place);
  if (b->filter[bit / 64] >> bit % 64 & 1) return pk_bindings_single(b, space, value, place);
  return b->ranged >> (space >> 1 & 63) & 1 ? pk_bindings_range(b, space, value) : NULL;
}

/* The layout under a value of the space with that hash, or NULL. */
static inline const pk_Layout *pk_bindings_find (const pk_Bindings *b, uint32_t space, uint64_t value) {
  const pk_BindSlot *slot = pk_bindings_slot(b, space, value);
  return slot != NULL ? slot->layout : NULL;
}

/* The layout with which frames of a link type begin, and that of a name, or NULL. */
static inline const pk_Layout *pk_bindings_link (const pk_Bindings *b, uint32_t linktype) {
  return pk_bindings_find(b, pk_space_hash(PK_SPACE_LINK), linktype);
}

static inline const pk_Layout *pk_bindings_named (const pk_Bindings *b, const char *name) {
  return pk_bindings_find(b, pk_space_hash(PK_SPACE_NAME), pk_space_hash(name));
}

PK_END

#endif
