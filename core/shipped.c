/*
** shipped.c: the shipped layouts built and bound, once for the whole process.
*/
#include "shipped.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "alloc.h"
#include "ftree.h"

/* What begins the one block in which all of it lies. */
typedef struct Shipped {
  const pk_Bindings *bindings;
  pk_FilterNames names;
  const pk_Layout *layouts[];
} Shipped;

static _Atomic(const Shipped *) shipped; /* NULL: not made yet */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static size_t aligned (size_t n) {
  return (n + 15) / 16 * 16;
}

/* Lists a layout under all places where it stands; returns how many. */
static size_t list_layout (pk_Binding *list, const pk_Layout *l) {
  const int64_t name = pk_space_hash(l->name);
  size_t n = 0;
  uint32_t k;
  for (k = 0; k < l->nunder; k++) list[n++] = (pk_Binding){l->under[k].space, l->under[k].min, l->under[k].max, l};
  for (k = 0; k < l->nlinks; k++) list[n++] = (pk_Binding){PK_SPACE_LINK, l->links[k], l->links[k], l};
  list[n++] = (pk_Binding){PK_SPACE_NAME, name, name, l};
  return n;
}

/* NULL: no memory. */
static const Shipped *make (void) {
  size_t n, k, places = 0, size, at;
  const pk_LayoutDef *const *defs = pk_shipped_layouts(&n);
  pk_Binding *list;
  Shipped *s;
  at = size = aligned(sizeof(*s) + n * sizeof(s->layouts[0]));
  for (k = 0; k < n; k++) {
    size += aligned(pk_layout_need(defs[k]));
    places += defs[k]->nunder + defs[k]->nlinks + 1;
  }
  list = (pk_Binding *)pk_realloc(NULL, places * sizeof(*list));
  s = list != NULL ? (Shipped *)pk_realloc(NULL, size + pk_bindings_need(places)) : NULL;
  if (s != NULL) {
    for (k = 0, places = 0; k < n; k++) {
      const size_t need = pk_layout_need(defs[k]);
      char err[PK_ERRSIZE];
      s->layouts[k] = pk_layout_build(defs[k], (char *)s + at, need, err);
      assert(s->layouts[k] != NULL); /* the build has read them */
      places += list_layout(list + places, s->layouts[k]);
      at += aligned(need);
    }
    s->bindings = pk_bindings_build(list, places, (char *)s + at);
    s->names = (pk_FilterNames){s->layouts, n, NULL, NULL, NULL};
  }
  pk_realloc(list, 0);
  return s;
}

static const Shipped *get (void) {
  const Shipped *s = atomic_load_explicit(&shipped, memory_order_acquire);
  if (s != NULL) return s;
  pthread_mutex_lock(&making);
  s = atomic_load_explicit(&shipped, memory_order_relaxed);
  if (s == NULL && (s = make()) != NULL) atomic_store_explicit(&shipped, s, memory_order_release);
  pthread_mutex_unlock(&making);
  return s;
}

const pk_Bindings *pk_shipped_bindings (void) {
  const Shipped *s = get();
  return s != NULL ? s->bindings : NULL;
}

const pk_FilterNames *pk_shipped_names (void) {
  const Shipped *s = get();
  return s != NULL ? &s->names : NULL;
}
