/*
** layout.c: the fields of layouts, found by name, read and written where they are fixed.
*/
#include "layout.h"

#include <assert.h>
#include <string.h>

#include "bits.h"
#include "inner.h"

const pk_Field *pk_layout_field (const pk_Layout *l, const char *key) {
  uint32_t k, a;
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    if (strcmp(f->key, key) == 0) return f;
    for (a = 0; a < f->naliases; a++)
      if (strcmp(f->aliases[a], key) == 0) return f;
  }
  return NULL;
}

const pk_Field *pk_layout_actor (const pk_Layout *l, uint8_t act) {
  const pk_Field *found = NULL;
  uint32_t k;
  for (k = 0; k < l->nfields; k++)
    if (l->fields[k].acts & act) {
      if (found != NULL || !l->fields[k].placed) return NULL;
      found = &l->fields[k];
    }
  return found;
}

/* --- reading and writing */

int pk_field_getnumber (const pk_Field *f, const uint8_t *bytes, size_t len, uint64_t base,
                        uint64_t *value) {
  uint64_t bit;
  assert(f->kind == PK_NUMBER || f->kind == PK_BOOLEAN);
  if (!pk_field_inside(f, base, len, &bit)) return 0;
  *value = pk_bits_get(bytes + bit / 8, (unsigned)(bit % 8), f->bits, f->little);
  if (f->guess) {
    const uint64_t other = pk_bits_get(bytes + bit / 8, (unsigned)(bit % 8), f->bits, !f->little);
    if (other < *value) *value = other;
  }
  if (f->sign) *value = (uint64_t)pk_bits_signed(*value, f->bits);
  return 1;
}

int pk_field_setnumber (const pk_Field *f, uint8_t *bytes, size_t len, uint64_t base,
                        uint64_t value) {
  uint64_t bit;
  assert(f->kind == PK_NUMBER || f->kind == PK_BOOLEAN);
  if (!pk_field_inside(f, base, len, &bit)) return 0;
  pk_bits_set(bytes + bit / 8, (unsigned)(bit % 8), f->bits, f->little, value);
  return 1;
}

int pk_field_fits (const pk_Field *f, int64_t value) {
  if (f->bits >= 64) return 1;
  if (f->sign) {
    int64_t limit = (int64_t)1 << (f->bits - 1);
    return -limit <= value && value < limit;
  }
  return (uint64_t)value <= pk_bits_mask(f->bits);
}

size_t pk_layout_headerend (const pk_Layout *l, const uint8_t *bytes, size_t len, uint64_t base) {
  const pk_Words *w;
  uint64_t value;
  int64_t end;
  if (l->header == NULL) return SIZE_MAX;
  if (!pk_field_getnumber(l->header, bytes, len, base, &value)) return 0;
  w = l->header->words;
  if (value > UINT32_MAX) return SIZE_MAX - 1; /* beyond any memory, and no overflow below */
  end = (int64_t)value * (w->unit.kind != PK_VALUE_NONE ? w->unit.n : 1) + w->bias.n;
  return end > 0 ? (size_t)end : 0;
}
