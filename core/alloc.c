/*
** alloc.c: asking for memory.
*/
#define _POSIX_C_SOURCE 200809L
#include "alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static long calls_left = -1;

void *pk_realloc (void *block, size_t size) {
  if (size == 0) {
    free(block);
    return NULL;
  }
  if (calls_left == 0) return NULL;
  if (calls_left > 0) calls_left--;
  return realloc(block, size);
}

void pk_realloc_fail (long n) {
  calls_left = n;
}

const char *pk_errno_text (int code, char *text, size_t size) {
  if (strerror_r(code, text, size) != 0 && size > 0) text[0] = '\0';
  return text;
}
