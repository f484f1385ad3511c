/*
** layout.c: a layout from its definition, in one block that the caller provides. Fields are placed by
** a cursor that counts bits; sizes and offsets are fixed from then on.
*/
#include "layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "text.h"

#define ALIGNMENT sizeof(union { void *p; uint64_t n; double d; })

#define MAXUNIT 65536
#define MAXBIAS 65536

typedef struct Build {
  char *at, *end; /* what is left of the block */
  char *err;
  const char *layout; /* for errors */
  int closed;         /* a field without size has been placed: nothing may follow */
} Build;

/* Where the next field goes. */
typedef struct Cursor {
  uint64_t bit;
  int little; /* the order of the bits before, in a byte that has been begun */
} Cursor;

static int islittle (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

static int fail (Build *b, const pk_Def *def, const char *what, const char *more) {
  const char *key = def->key != NULL ? def->key : def->kind >= PK_STRUCT ? "(group)" : "(padding)";
  return pk_text_error(b->err, "layout '", b->layout, "': field '", key, "': ", what, more, NULL);
}

/* --- the block */

static size_t rounded (size_t n) {
  return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t need_text (const char *s) {
  return s != NULL ? rounded(strlen(s) + 1) : 0;
}

static size_t need_texts (const char *const *list, size_t n) {
  size_t sum = rounded(n * sizeof(*list)), k;
  for (k = 0; k < n; k++) sum += need_text(list[k]);
  return sum;
}

static size_t need_names (const pk_Name *names, size_t n) {
  size_t sum = rounded(n * sizeof(*names)), k;
  for (k = 0; k < n; k++) sum += need_text(names[k].name);
  return sum;
}

static size_t need_words (const pk_Words *w) {
  return rounded(sizeof(*w)) + rounded(w->initial.len + 1) + need_text(w->enumlist) +
         need_names(w->names, w->nnames) + need_names(w->flags, w->nflags) + need_text(w->letters) +
         need_text(w->next) + need_text(w->hint) + need_texts(w->length, w->nlength) +
         need_text(w->sum) + need_text(w->cover) + need_text(w->role);
}

static size_t need_fields (const pk_Def *defs, size_t n) {
  size_t sum = 0, k;
  for (k = 0; k < n; k++) {
    const pk_Def *d = &defs[k];
    sum += rounded(sizeof(pk_Field)) + rounded(sizeof(pk_Layout)) + need_text(d->key) +
           need_texts(d->aliases, d->naliases) + need_words(&d->words) +
           need_fields(d->fields, d->nfields);
  }
  return sum;
}

size_t pk_layout_need (const pk_LayoutDef *def) {
  size_t sum = rounded(sizeof(pk_Layout)) + need_text(def->name) + need_text(def->line) +
               rounded(def->nunder * sizeof(pk_Under)) + rounded(def->nlinks * sizeof(uint32_t)) +
               need_fields(def->fields, def->nfields);
  uint32_t k;
  for (k = 0; k < def->nunder; k++) sum += need_text(def->under[k].space);
  return sum;
}

/* Zeroed bytes of the block; the functions above have counted them. */
static void *take (Build *b, size_t n) {
  void *p = b->at;
  n = rounded(n);
  assert(n <= (size_t)(b->end - b->at));
  b->at += n;
  return memset(p, 0, n);
}

static const char *copy_bytes (Build *b, const char *s, size_t n) {
  return s != NULL ? (const char *)memcpy(take(b, n + 1), s, n) : NULL;
}

static const char *copy_text (Build *b, const char *s) {
  return s != NULL ? copy_bytes(b, s, strlen(s)) : NULL;
}

static const char *const *copy_texts (Build *b, const char *const *list, size_t n) {
  const char **copy;
  size_t k;
  if (n == 0) return NULL;
  copy = (const char **)take(b, n * sizeof(*copy));
  for (k = 0; k < n; k++) copy[k] = copy_text(b, list[k]);
  return copy;
}

static int compare_names (const void *a, const void *b) {
  int64_t x = ((const pk_Name *)a)->value, y = ((const pk_Name *)b)->value;
  return x < y ? -1 : x > y;
}

/* Copies names in the order of their values. */
static const pk_Name *copy_names (Build *b, const pk_Name *names, size_t n) {
  pk_Name *copy;
  size_t k;
  if (n == 0) return NULL;
  copy = (pk_Name *)take(b, n * sizeof(*copy));
  for (k = 0; k < n; k++) {
    copy[k].value = names[k].value;
    copy[k].name = copy_text(b, names[k].name);
  }
  qsort(copy, n, sizeof(*copy), compare_names);
  return copy;
}

/* Whether any word is given; word by word, since structs have bytes that nobody sets. */
static int said (const pk_Words *w) {
  const pk_Value *const values[] = {&w->initial, &w->equal, &w->min, &w->max, &w->unit, &w->bias,
                                    &w->open, &w->pseudo, &w->zero};
  size_t k;
  for (k = 0; k < sizeof(values) / sizeof(values[0]); k++)
    if (values[k]->kind != PK_VALUE_NONE) return 1;
  return w->enumlist != NULL || w->nnames > 0 || w->nflags > 0 || w->letters != NULL ||
         w->next != NULL || w->hint != NULL || w->nlength > 0 || w->sum != NULL ||
         w->cover != NULL || w->role != NULL;
}

/* What a length is multiplied by, and what is added: bounded, so that no length can overflow. */
static int bad_scale (const pk_Words *w) {
  return (w->unit.kind != PK_VALUE_NONE && (w->unit.n < 1 || w->unit.n > MAXUNIT)) ||
         w->bias.n < -MAXBIAS || w->bias.n > MAXBIAS;
}

static const pk_Words *copy_words (Build *b, const pk_Words *w) {
  pk_Words *copy;
  if (!said(w)) return NULL;
  copy = (pk_Words *)take(b, sizeof(*copy));
  *copy = *w;
  copy->initial.bytes = copy_bytes(b, w->initial.bytes, w->initial.len);
  copy->enumlist = copy_text(b, w->enumlist);
  copy->names = copy_names(b, w->names, w->nnames);
  copy->flags = copy_names(b, w->flags, w->nflags);
  copy->letters = copy_text(b, w->letters);
  copy->next = copy_text(b, w->next);
  copy->hint = copy_text(b, w->hint);
  copy->length = copy_texts(b, w->length, w->nlength);
  copy->sum = copy_text(b, w->sum);
  copy->cover = copy_text(b, w->cover);
  copy->role = copy_text(b, w->role);
  return copy;
}

/* --- placing */

static int place_fields (Build *b, const pk_Def *defs, size_t n, int together, pk_Endian endian,
                         pk_Layout *into, uint64_t base, Cursor *c, int depth);

/* How many fields members give, groups flattened. */
static size_t count_fields (const pk_Def *defs, size_t n) {
  size_t sum = 0, k;
  for (k = 0; k < n; k++)
    sum += defs[k].key == NULL && (defs[k].kind == PK_STRUCT || defs[k].kind == PK_UNION)
               ? count_fields(defs[k].fields, defs[k].nfields)
               : defs[k].key != NULL;
  return sum;
}

static int any_bytes (const pk_Def *d) {
  size_t k;
  if (d->kind < PK_STRUCT) return d->bytes;
  for (k = 0; k < d->nfields; k++)
    if (any_bytes(&d->fields[k])) return 1;
  return 0;
}

/* Whether what is defined must begin at a whole byte. */
static int begins_bytes (const pk_Def *d) {
  size_t k;
  if (d->kind < PK_STRUCT) return d->bytes;
  if (d->kind == PK_ARRAY) return any_bytes(d); /* each element begins as the first */
  for (k = 0; k < d->nfields && (k == 0 || d->kind == PK_UNION); k++)
    if (begins_bytes(&d->fields[k])) return 1;
  return 0;
}

static void to_byte (Cursor *c) {
  c->bit = (c->bit + 7) / 8 * 8;
}

/* A number, boolean or string; `f` is NULL for padding. */
static int place_leaf (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, uint64_t base,
                       Cursor *c) {
  pk_Endian e = d->endian != PK_ENDIAN_NONE ? d->endian : endian;
  int little = e == PK_ENDIAN_NONE ? islittle() : e == PK_ENDIAN_LITTLE;
  if (d->bits == 0 && d->kind != PK_STRING) return fail(b, d, "no size", "");
  if (d->kind != PK_STRING && d->bits > 64) return fail(b, d, "more than 64 bits", "");
  if (d->bits > PK_LAYOUT_MAXBITS) return fail(b, d, "too large", "");
  if (d->bytes) to_byte(c);
  if (c->bit % 8 != 0 && c->little != little)
    return fail(b, d, "its bits and those before, of the other endian, share a byte", "");
  if (f != NULL) {
    f->offset = (uint32_t)(c->bit - base);
    f->bits = (uint32_t)d->bits;
    f->little = (uint8_t)little;
    f->sign = (uint8_t)(d->sign != 0);
    if (d->format != NULL) {
      f->codec = pk_codec_find(d->format);
      if (f->codec == NULL) return fail(b, d, "unknown format ", d->format);
      if (c->bit % 8 != 0 || d->bits != f->codec->size * 8)
        return fail(b, d, "not the whole bytes that this format takes: ", d->format);
    }
  }
  if (d->bits == 0) {
    if (f == NULL) return fail(b, d, "padding without size", "");
    b->closed = 1;
  }
  c->bit += d->bits;
  c->little = little;
  return 0;
}

/* A struct or union with key: a layout of its own, whose offsets begin with it. */
static int place_struct (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, uint64_t base,
                         Cursor *c, int depth) {
  pk_Layout *sub = (pk_Layout *)take(b, sizeof(*sub));
  uint64_t start;
  if (begins_bytes(d)) to_byte(c);
  start = c->bit;
  sub->name = f->key;
  if (place_fields(b, d->fields, d->nfields, d->kind == PK_UNION, endian, sub, start, c, depth) < 0)
    return -1;
  if (b->closed) return fail(b, d, "a field without size may only end a layout", "");
  f->sub = sub;
  f->offset = (uint32_t)(start - base);
  f->bits = sub->bits = (uint32_t)(c->bit - start);
  return 0;
}

static int place_array (Build *b, const pk_Def *d, pk_Endian endian, pk_Field *f, uint64_t base,
                        Cursor *c, int depth) {
  pk_Layout *sub = (pk_Layout *)take(b, sizeof(*sub));
  pk_Def element;
  uint64_t start, stride;
  if (d->nfields != 1) return fail(b, d, "not one element", "");
  if (d->count < 1 || d->count > PK_LAYOUT_MAXBITS) return fail(b, d, "bad count of elements", "");
  element = d->fields[0];
  element.key = "";
  if (begins_bytes(d)) to_byte(c);
  start = c->bit;
  sub->name = f->key;
  if (place_fields(b, &element, 1, 0, endian, sub, start, c, depth) < 0) return -1;
  if (b->closed) return fail(b, d, "a field without size may only end a layout", "");
  if (any_bytes(d)) to_byte(c);
  stride = c->bit - start;
  if (stride == 0 || stride * d->count > PK_LAYOUT_MAXBITS) return fail(b, d, "too large", "");
  sub->bits = (uint32_t)stride;
  f->sub = sub;
  f->offset = (uint32_t)(start - base);
  f->stride = (uint32_t)stride;
  f->count = (uint32_t)d->count;
  f->bits = (uint32_t)(stride * d->count);
  c->bit = start + f->bits;
  return 0;
}

static int check_key (Build *b, const pk_Def *d, const pk_Layout *into, const char *key) {
  if (strlen(key) > PK_LAYOUT_MAXKEY) return fail(b, d, "name of over 40 characters: ", key);
  if (pk_layout_field(into, key) != NULL) return fail(b, d, "name used twice: ", key);
  return 0;
}

/* A field with a key: what all kinds have. */
static pk_Field *new_field (Build *b, const pk_Def *d, pk_Layout *into) {
  pk_Field *f = (pk_Field *)&into->fields[into->nfields];
  uint32_t k;
  if (check_key(b, d, into, d->key) < 0) return NULL;
  f->key = d->key[0] != '\0' ? copy_text(b, d->key) : ""; /* an element's takes no room */
  f->kind = (uint8_t)d->kind;
  f->bytes = (uint8_t)d->bytes;
  f->aliases = copy_texts(b, d->aliases, d->naliases);
  into->nfields++; /* from here on its own names count as used */
  for (k = 0; k < d->naliases; k++) {
    if (check_key(b, d, into, d->aliases[k]) < 0) return NULL;
    f->naliases = k + 1;
  }
  if (bad_scale(&d->words)) {
    fail(b, d, "unit or bias out of range", "");
    return NULL;
  }
  f->words = copy_words(b, &d->words);
  return f;
}

static int place_field (Build *b, const pk_Def *d, pk_Endian endian, pk_Layout *into, uint64_t base,
                        Cursor *c, int depth) {
  pk_Field *f = NULL;
  int leaf = d->kind < PK_STRUCT;
  if (b->closed) return fail(b, d, "nothing may follow a field without size", "");
  if (depth > PK_LAYOUT_MAXDEPTH) return fail(b, d, "structs too deep", "");
  if (d->key == NULL && d->kind == PK_ARRAY) return fail(b, d, "an array needs a key", "");
  if (d->key != NULL && (f = new_field(b, d, into)) == NULL) return -1;
  if (d->endian != PK_ENDIAN_NONE) endian = d->endian;
  if (leaf) {
    if (place_leaf(b, d, endian, f, base, c) < 0) return -1;
  }
  else if (d->kind == PK_ARRAY) {
    if (place_array(b, d, endian, f, base, c, depth) < 0) return -1;
  }
  else if (f != NULL) {
    if (place_struct(b, d, endian, f, base, c, depth) < 0) return -1;
  }
  else if (place_fields(b, d->fields, d->nfields, d->kind == PK_UNION, endian, into, base, c,
                        depth) < 0)
    return -1;
  if (c->bit > PK_LAYOUT_MAXBITS) return fail(b, d, "layout too large", "");
  return 0;
}

/*
** Members one after the other, or (a union) all together from where the cursor is, to the end of the
** longest.
*/
static int place_fields (Build *b, const pk_Def *defs, size_t n, int together, pk_Endian endian,
                         pk_Layout *into, uint64_t base, Cursor *c, int depth) {
  Cursor start = *c, longest = *c;
  size_t k;
  if (into->fields == NULL) {
    size_t room = count_fields(defs, n);
    if (room > PK_LAYOUT_MAXFIELDS)
      return pk_text_error(b->err, "layout '", b->layout, "': too many fields", NULL);
    into->fields = (pk_Field *)take(b, room * sizeof(pk_Field));
  }
  for (k = 0; k < n; k++) {
    if (together) *c = start;
    if (place_field(b, &defs[k], endian, into, base, c, depth + 1) < 0) return -1;
    if (together && b->closed) return fail(b, &defs[k], "a union needs sizes", "");
    if (c->bit > longest.bit) longest = *c;
  }
  if (together) *c = longest;
  return 0;
}

const pk_Layout *pk_layout_build (const pk_LayoutDef *def, void *block, size_t size, char *err) {
  Build b;
  Cursor c = {0, 0};
  pk_Layout *l;
  uint32_t k;
  b.at = (char *)block;
  b.end = b.at + size;
  b.err = err;
  b.layout = def->name;
  b.closed = 0;
  l = (pk_Layout *)take(&b, sizeof(*l));
  l->name = copy_text(&b, def->name);
  l->line = copy_text(&b, def->line);
  if (place_fields(&b, def->fields, def->nfields, 0, def->endian, l, 0, &c, 0) < 0) return NULL;
  l->bits = (uint32_t)c.bit;
  for (k = 0; k < l->nfields; k++) {
    const pk_Words *w = l->fields[k].words;
    if (w != NULL && w->nlength == 1 && strcmp(w->length[0], "header") == 0) {
      if (l->header != NULL || l->fields[k].kind != PK_NUMBER) {
        pk_text_error(err, "layout '", l->name, "': field '", l->fields[k].key,
                      "': not the one number that may give the header's length", NULL);
        return NULL;
      }
      l->header = &l->fields[k];
    }
  }
  if (def->nunder > 0) {
    pk_Under *under = (pk_Under *)take(&b, def->nunder * sizeof(*under));
    for (k = 0; k < def->nunder; k++) {
      under[k] = def->under[k];
      under[k].space = copy_text(&b, def->under[k].space);
    }
    l->under = under;
    l->nunder = def->nunder;
  }
  if (def->nlinks > 0) {
    l->links = (const uint32_t *)memcpy(take(&b, def->nlinks * sizeof(uint32_t)), def->links,
                                        def->nlinks * sizeof(uint32_t));
    l->nlinks = def->nlinks;
  }
  return l;
}

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

/* --- reading and writing */

int pk_field_getnumber (const pk_Field *f, const uint8_t *bytes, size_t len, uint64_t base,
                        uint64_t *value) {
  uint64_t bit;
  assert(f->kind == PK_NUMBER || f->kind == PK_BOOLEAN);
  if (!pk_field_inside(f, base, len, &bit)) return 0;
  *value = pk_bits_get(bytes + bit / 8, (unsigned)(bit % 8), f->bits, f->little);
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
