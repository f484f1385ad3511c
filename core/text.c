/*
** text.c: appending to a text buffer of fixed size.
*/
#include "text.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

pk_Text pk_text_begin (char *buffer, size_t size) {
  pk_Text t;
  assert(size > 0);
  t.text = buffer;
  t.size = size;
  t.len = 0;
  buffer[0] = '\0';
  return t;
}

void pk_text_addn (pk_Text *t, const char *s, size_t n) {
  size_t room = t->size - 1 - t->len;
  if (n > room) n = room;
  memcpy(t->text + t->len, s, n);
  t->len += n;
  t->text[t->len] = '\0';
}

void pk_text_add (pk_Text *t, const char *s) {
  if (s != NULL) pk_text_addn(t, s, strlen(s));
}

/* Digits of `n` in `base`, at least `least` of them. */
static void addnumber (pk_Text *t, uint64_t n, unsigned base, int least) {
  char digits[20];
  int k = 20;
  assert(least <= 20);
  while (n > 0 || 20 - k < least) {
    digits[--k] = "0123456789abcdef"[n % base];
    n /= base;
  }
  pk_text_addn(t, digits + k, (size_t)(20 - k));
}

void pk_text_num (pk_Text *t, uint64_t n) {
  addnumber(t, n, 10, 1);
}

void pk_text_hex (pk_Text *t, uint64_t n, int digits) {
  addnumber(t, n, 16, digits);
}

int pk_text_error (char *err, ...) {
  pk_Text t = pk_text_begin(err, PK_ERRSIZE);
  const char *part;
  va_list parts;
  va_start(parts, err);
  while ((part = va_arg(parts, const char *)) != NULL) pk_text_add(&t, part);
  va_end(parts);
  return -1;
}
