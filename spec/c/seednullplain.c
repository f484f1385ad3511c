/* The same without the memory library. */
#define DISABLE_LUAMEMORY
#define NULLMODULE luaopen_seednullplain
#include "seednull.c"
