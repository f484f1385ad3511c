/*
** inner.h: what the library's parts, and its Lua modules, know of each other and show to nobody else.
*/
#ifndef pktcraft_inner_h
#define pktcraft_inner_h

#include "bind.h"
#include "layout.h"

#if defined(__GNUC__)
#define PK_COLD __attribute__((noinline)) /* kept out of the function that calls it */
#else
#define PK_COLD
#endif

/* The one placed field of a layout that acts so, or NULL: none, or several may. */
const pk_Field *pk_layout_actor (const pk_Layout *l, uint8_t act);

/*
** The values of a space under which a layout with one of these bits may stand, at any height: how many, up to `max`
** of them in `values`; or -1: more, or ranges.
*/
int pk_bindings_leading (const pk_Bindings *b, uint32_t space, uint64_t bits, uint64_t *values, int max);

#endif
