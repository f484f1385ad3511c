/*
** api.c: the version.
*/
#include "api.h"

const char *pk_version (void) {
  return PK_VERSION;
}
