/*
** layouts.h: all shipped layouts, bound, for fuzz targets.
*/
#ifndef fuzz_layouts_h
#define fuzz_layouts_h

#include <assert.h>
#include <stdlib.h>

#include "shipped.h"
#include "bind.h"

#define MAXLAYOUTS 128
#define MAXBINDINGS 1024

static const pk_Layout *layouts[MAXLAYOUTS];
static size_t nlayouts;
static const pk_Bindings *bindings;
static const pk_Layout *first;

/* Makes them; frames begin with link type `link`. */
static void begin (uint32_t link) {
  static pk_Binding list[MAXBINDINGS];
  const pk_LayoutDef *const *all = pk_shipped_layouts(&nlayouts);
  char err[PK_ERRSIZE];
  size_t k, n = 0;
  uint32_t j;
  assert(nlayouts <= MAXLAYOUTS);
  for (k = 0; k < nlayouts; k++) {
    const size_t need = pk_layout_need(all[k]);
    const pk_Layout *l = layouts[k] = pk_layout_build(all[k], malloc(need), need, err);
    assert(l != NULL);
    for (j = 0; j < l->nunder; j++) {
      list[n].space = l->under[j].space;
      list[n].min = l->under[j].min;
      list[n].max = l->under[j].max;
      list[n++].layout = l;
    }
    for (j = 0; j < l->nlinks; j++) {
      list[n].space = PK_SPACE_LINK;
      list[n].min = list[n].max = l->links[j];
      list[n++].layout = l;
    }
    list[n].space = PK_SPACE_NAME;
    list[n].min = list[n].max = pk_space_hash(l->name);
    list[n++].layout = l;
    assert(n + 32 < MAXBINDINGS);
  }
  bindings = pk_bindings_build(list, n, malloc(pk_bindings_need(n)));
  first = pk_bindings_find(bindings, pk_space_hash(PK_SPACE_LINK), link);
}

#endif
