/*
** shipped.h: the definitions of the layouts that the library carries. The build makes them from the tables
** in layouts/, by the reader that user's tables go through.
*/
#ifndef pktcraft_shipped_h
#define pktcraft_shipped_h

#include <stddef.h>

#include "api.h"
#include "bind.h"
#include "layout.h"

PK_BEGIN

/* All of them, by name, and how many. pk_layout_build makes a layout of each. */
PK_API const pk_LayoutDef *const *pk_shipped_layouts (size_t *n);

/* That of a name, or NULL. */
PK_API const pk_LayoutDef *pk_shipped_find (const char *name);

/*
** The bindings of all of them, under all the places where they stand: made by the first call, the same for all threads,
** never freed. NULL: no memory; a later call tries again.
*/
PK_API const pk_Bindings *pk_shipped_bindings (void);

PK_END

#endif
