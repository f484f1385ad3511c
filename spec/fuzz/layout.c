/*
** Fuzz target: layouts made of any bytes. Numbers are read and written as a model that goes bit by bit
** says; nothing past the memory, and no bit of another field, is touched.
*/
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "layout.h"
#include "text.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct Input {
  const uint8_t *p, *end;
} Input;

static unsigned next (Input *in) {
  return in->p < in->end ? *in->p++ : 0;
}

#define MAXDEFS 64
static pk_Def defs[MAXDEFS];
static char keys[MAXDEFS][4];
static int ndefs;

static const char *const total[] = {"total"};
static const pk_Name names[] = {{1, "one"}, {0, "none"}};
static const pk_Words words = {.initial = {.kind = PK_VALUE_BYTES, .bytes = "x", .len = 1}, .length = total, .nlength = 1,
                               .names = names, .nnames = 2, .role = "source"};

/* Fills `n` definitions; members go to the free ones. */
static void define (Input *in, pk_Def *list, int n, int depth) {
  int k;
  for (k = 0; k < n; k++) {
    pk_Def *d = &list[k];
    unsigned what = next(in);
    int id = (int)(d - defs);
    memset(d, 0, sizeof(*d));
    keys[id][0] = 'k';
    keys[id][1] = (char)('a' + id / 26);
    keys[id][2] = (char)('a' + id % 26);
    d->key = what & 0x80 ? NULL : keys[id];
    d->kind = (pk_Kind)(what % 6);
    d->endian = (pk_Endian)(next(in) % 3);
    d->sign = what >> 4 & 1;
    if (what >> 6 & 1) {
      d->words = &words;
    }
    if (d->kind >= PK_STRUCT) {
      unsigned members = d->kind == PK_ARRAY ? 1 : next(in) % 5;
      if (depth > 4 || ndefs + (int)members > MAXDEFS) members = 0;
      d->fields = &defs[ndefs];
      d->nfields = members;
      d->count = next(in) % 9;
      ndefs += (int)members;
      define(in, (pk_Def *)d->fields, (int)members, depth + 1);
    }
    else {
      d->bits = next(in) % 66;
      d->bytes = next(in) & 1;
      if (d->bytes) d->bits = (d->bits + 7) / 8 * 8;
      if (what >> 5 & 1 && next(in) % 8 == 0) d->format = next(in) & 1 ? "ipv4" : "mac";
    }
  }
}

static int bit_of (const uint8_t *m, uint64_t bit, int little) {
  return m[bit / 8] >> (little ? bit % 8 : 7 - bit % 8) & 1;
}

static void check_number (const pk_Field *f, uint64_t base, uint8_t *m, size_t len, uint64_t new) {
  uint8_t before[512], after[512];
  uint64_t value, model = 0, first = base + f->offset;
  uint32_t k;
  int inside = (first + f->bits + 7) / 8 <= len;
  memcpy(before, m, len);
  assert(pk_field_getnumber(f, m, len, base, &value) == inside);
  if (inside) {
    for (k = 0; k < f->bits; k++) {
      uint64_t b = (uint64_t)bit_of(m, first + k, f->little);
      model |= b << (f->little ? k : f->bits - 1 - k);
    }
    if (f->sign) model = (uint64_t)pk_bits_signed(model, f->bits);
    assert(value == model);
  }
  assert(memcmp(before, m, len) == 0);
  assert(pk_field_setnumber(f, m, len, base, new) == inside);
  memcpy(after, before, len);
  if (inside)
    for (k = 0; k < f->bits; k++) {
      uint64_t bit = first + k;
      int shift = (int)(f->little ? bit % 8 : 7 - bit % 8);
      int b = (int)(new >> (f->little ? k : f->bits - 1 - k) & 1);
      after[bit / 8] = (uint8_t)((after[bit / 8] & ~(1 << shift)) | b << shift);
    }
  assert(memcmp(after, m, len) == 0);
}

static void check_layout (const pk_Layout *l, uint64_t base, uint8_t *m, size_t len, uint64_t new) {
  uint32_t k;
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    assert(f->key[0] == '\0' || pk_layout_field(l, f->key) == f);
    if (!f->fixed) continue; /* behind a field without constant size */
    assert((uint64_t)f->offset + f->bits <= l->bits);
    if (f->kind == PK_NUMBER || f->kind == PK_BOOLEAN)
      check_number(f, base, m, len, new * 0x9e3779b97f4a7c15u + k);
    else if (f->kind == PK_ARRAY) {
      uint32_t i;
      for (i = 0; i < f->count; i++)
        check_layout(f->sub, base + f->offset + (uint64_t)i * f->stride, m, len, new + i);
    }
    else if (f->sub != NULL)
      check_layout(f->sub, base + f->offset, m, len, new);
  }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  Input in;
  pk_LayoutDef def;
  const pk_Layout *l;
  char err[PK_ERRSIZE];
  size_t need, len, k;
  void *block;
  uint8_t *m;
  in.p = data;
  in.end = data + size;
  memset(&def, 0, sizeof(def));
  def.name = "fuzz";
  def.endian = (pk_Endian)(next(&in) % 3);
  def.fields = defs;
  def.nfields = next(&in) % 8;
  ndefs = (int)def.nfields;
  define(&in, defs, (int)def.nfields, 0);
  len = next(&in) % 200;
  need = pk_layout_need(&def);
  block = malloc(need);
  m = (uint8_t *)malloc(len > 0 ? len : 1);
  if (block == NULL || m == NULL) abort();
  for (k = 0; k < len; k++) m[k] = (uint8_t)next(&in);
  l = pk_layout_build(&def, block, need, err);
  if (l != NULL)
    check_layout(l, (uint64_t)(next(&in) % 4) * 8, m, len, 0x0123456789abcdefu ^ next(&in));
  else
    assert(strncmp(err, "layout 'fuzz'", 13) == 0);
  free(m);
  free(block);
  return 0;
}
