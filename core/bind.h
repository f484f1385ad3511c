/*
** bind.h: which layout stands under which value of which space: ethertype 0x0800, link type 1, a name.
*/
#ifndef bind_h
#define bind_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "layout.h"

/* The values min to max of a space; later bindings of a value replace earlier ones. */
typedef struct pk_Binding {
  const char *space; /* must outlive the bindings, as must the layout */
  int64_t min, max;
  const pk_Layout *layout; /* NULL: nothing, whatever was bound before */
} pk_Binding;

/* The space of link types, and that of layouts' names (their pk_space_hash). */
#define PK_SPACE_LINK "link"
#define PK_SPACE_NAME "layout"

/* In one block of the caller's; immutable, so threads may share it. */
typedef struct pk_Bindings {
  struct pk_BindSlot *slots;  /* single values, open-addressed */
  struct pk_BindSlot *ranges; /* the newest first */
  uint32_t mask, nranges;
  uint64_t filter[16]; /* a bit for each value bound, by hash: most that are asked for are not */
} pk_Bindings;

/* The bytes that `n` bindings take. */
PK_API size_t pk_bindings_need (size_t n);

/* Makes them in a block of that size, aligned as malloc does. */
PK_API const pk_Bindings *pk_bindings_build (const pk_Binding *list, size_t n, void *block);

/* The layout under a value of the space with that hash, or NULL. */
PK_API const pk_Layout *pk_bindings_find (const pk_Bindings *b, uint32_t space, uint64_t value);

#endif
