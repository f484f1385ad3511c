/*
** block.c: what the layout of a definition needs in its block, and what is copied into it.
*/
#include "block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "verbs.h"

#define ALIGNMENT sizeof(union { void *p; uint64_t n; double d; })

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

static size_t need_cond (const pk_CondDef *c) {
  size_t sum = rounded(c->n * sizeof(pk_Test)), k;
  for (k = 0; k < c->n; k++)
    sum += rounded((c->tests[k].nranges + c->tests[k].nnames) * sizeof(pk_Range));
  return sum;
}

static size_t need_words (const pk_Words *w) {
  if (!pk_words_said(w)) return 0;
  return rounded(sizeof(*w)) + need_text(w->pick) + need_text(w->counts) + need_text(w->layout) + rounded(w->initial.len + 1) + need_text(w->enumlist) +
         need_names(w->names, w->nnames) + need_names(w->flags, w->nflags) + need_text(w->letters) +
         need_text(w->next) + need_text(w->hint) + need_texts(w->length, w->nlength) +
         need_text(w->sum) + need_text(w->cover) + need_text(w->role);
}


static size_t need_fields (const pk_Def *defs, size_t n) {
  size_t sum = 0, k;
  for (k = 0; k < n; k++) {
    const pk_Def *d = &defs[k];
    sum += rounded(sizeof(pk_Field)) + rounded(sizeof(pk_Layout)) + need_text(d->key) +
           need_texts(d->aliases, d->naliases) + need_words(d->words) +
           rounded(d->terminator.len + 1) + rounded(sizeof(pk_Cond)) + need_cond(&d->when) + need_cond(&d->stop) + need_text(d->upper) +
           rounded(sizeof(pk_Switch)) + rounded(d->ncases * sizeof(struct pk_Branch)) +
           rounded((d->nfields + 1) * sizeof(pk_Field)) + rounded(2 * sizeof(pk_Op)) +
           (2 * PK_BLOCK_OPS + 4 + d->ncases) * rounded(sizeof(pk_Op)) + /* in its parent, and as a struct */
           need_fields(d->fields, d->nfields);
  }
  return sum;
}

size_t pk_layout_need (const pk_LayoutDef *def) {
  size_t sum = rounded(sizeof(pk_Layout)) + rounded(sizeof(pk_Verbs)) +
               rounded(2 * PK_LAYOUT_MAXABOVE * sizeof(uint32_t)) + need_text(def->name) + need_text(def->line) + need_text(def->about) +
               rounded(def->nunder * sizeof(pk_Under)) + rounded(def->nlinks * sizeof(uint32_t)) +
               need_fields(def->fields, def->nfields) + need_cond(&def->when) + need_cond(&def->follow) +
               need_cond(&def->fragment) + rounded((PK_BLOCK_OPS + 2) * sizeof(pk_Op)) + rounded(sizeof(pk_Field)) +
               rounded(def->nparts * sizeof(pk_Layout *)) +
               def->nparts * (rounded(sizeof(pk_Layout)) + rounded((PK_BLOCK_OPS + 2) * sizeof(pk_Op)) +
                              rounded(sizeof(pk_Field)));
  uint32_t k;
  for (k = 0; k < def->nunder; k++) sum += need_text(def->under[k].space);
  sum += need_fields(def->parts, def->nparts);
  return sum;
}

/* Zeroed bytes of the block; the functions above have counted them. */
void *pk_block_take (pk_Block *b, size_t n) {
  void *p = b->at;
  n = rounded(n);
  assert(n <= (size_t)(b->end - b->at));
  b->at += n;
  return memset(p, 0, n);
}

static const char *pk_block_bytes (pk_Block *b, const char *s, size_t n) {
  return s != NULL ? (const char *)memcpy(pk_block_take(b, n + 1), s, n) : NULL;
}

const char *pk_block_text (pk_Block *b, const char *s) {
  return s != NULL ? pk_block_bytes(b, s, strlen(s)) : NULL;
}

const char *const *pk_block_texts (pk_Block *b, const char *const *list, size_t n) {
  const char **copy;
  size_t k;
  if (n == 0) return NULL;
  copy = (const char **)pk_block_take(b, n * sizeof(*copy));
  for (k = 0; k < n; k++) copy[k] = pk_block_text(b, list[k]);
  return copy;
}

static int compare_names (const void *a, const void *b) {
  int64_t x = ((const pk_Name *)a)->value, y = ((const pk_Name *)b)->value;
  return x < y ? -1 : x > y;
}

/* Copies names in the order of their values. */
static const pk_Name *copy_names (pk_Block *b, const pk_Name *names, size_t n) {
  pk_Name *copy;
  size_t k;
  if (n == 0) return NULL;
  copy = (pk_Name *)pk_block_take(b, n * sizeof(*copy));
  for (k = 0; k < n; k++) {
    copy[k].value = names[k].value;
    copy[k].name = pk_block_text(b, names[k].name);
  }
  qsort(copy, n, sizeof(*copy), compare_names);
  return copy;
}

/* Whether any word is given; word by word, since structs have bytes that nobody sets. */
int pk_words_said (const pk_Words *w) {
  if (w == NULL) return 0;
  if (w->initial.kind != PK_VALUE_NONE || w->equal.kind != PK_VALUE_NONE || w->min.kind != PK_VALUE_NONE ||
      w->max.kind != PK_VALUE_NONE || w->unit.kind != PK_VALUE_NONE || w->bias.kind != PK_VALUE_NONE ||
      w->open.kind != PK_VALUE_NONE || w->pseudo.kind != PK_VALUE_NONE || w->zero.kind != PK_VALUE_NONE)
    return 1;
  return w->enumlist != NULL || w->nnames > 0 || w->nflags > 0 || w->letters != NULL ||
         w->next != NULL || w->hint != NULL || w->nlength > 0 || w->sum != NULL ||
         w->cover != NULL || w->role != NULL || w->pick != NULL || w->counts != NULL || w->layout != NULL;
}

const pk_Words *pk_block_words (pk_Block *b, const pk_Words *w) {
  pk_Words *copy;
  if (!pk_words_said(w)) return NULL;
  copy = (pk_Words *)pk_block_take(b, sizeof(*copy));
  *copy = *w;
  copy->initial.bytes = pk_block_bytes(b, w->initial.bytes, w->initial.len);
  copy->enumlist = pk_block_text(b, w->enumlist);
  copy->names = copy_names(b, w->names, w->nnames);
  copy->flags = copy_names(b, w->flags, w->nflags);
  copy->letters = pk_block_text(b, w->letters);
  copy->next = pk_block_text(b, w->next);
  copy->hint = pk_block_text(b, w->hint);
  copy->nexthash = pk_space_hash(w->next);
  copy->hinthash = pk_space_hash(w->hint);
  copy->length = pk_block_texts(b, w->length, w->nlength);
  copy->sum = pk_block_text(b, w->sum);
  copy->cover = pk_block_text(b, w->cover);
  copy->role = pk_block_text(b, w->role);
  copy->pick = pk_block_text(b, w->pick);
  copy->counts = pk_block_text(b, w->counts);
  copy->layout = pk_block_text(b, w->layout);
  return copy;
}
