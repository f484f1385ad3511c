/*
** llaydef.h: from a table of fields to the definition that core builds a layout from.
*/
#ifndef llaydef_h
#define llaydef_h

#include <lua.h>

#include "layout.h"

/*
** [-0, +1, e] Reads the layout table at `idx` (raw: no metamethod runs); pushes a table that anchors
** all that the definition points to. Raises an error that names layout, field and word.
*/
const pk_LayoutDef *laydef_read (lua_State *L, int idx);

#endif
