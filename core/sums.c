/*
** sums.c: checksums of layers, by what their fields say: sum, cover, pseudo, zero, role.
*/
#include "sums.h"

#include <assert.h>
#include <string.h>

#include "bits.h"

/* --- addresses */

static int isrole (const pk_Field *f, const char *role) {
  return f->words != NULL && f->words->role != NULL && strcmp(f->words->role, role) == 0;
}

/* The bytes of an address that a walk found: of a list those of its last element, or the first. */
static const uint8_t *address (const pk_Walk *w, size_t *size) {
  const pk_Field *f = w->field;
  pk_Walk element;
  pk_List list;
  const uint8_t *found = NULL;
  int first;
  if (f->kind != PK_LIST) {
    *size = f->bits / 8;
    return w->span->bytes + w->at / 8;
  }
  first = f->words->pick != NULL && strcmp(f->words->pick, "first") == 0;
  pk_list_begin(&list, w);
  while (!(found != NULL && first) && pk_list_next(&list, &element))
    if (pk_walk_next(&element)) {
      *size = element.field->bits / 8;
      found = w->span->bytes + element.at / 8;
    }
  return found;
}

static const uint8_t *role_in (const pk_Packet *p, const pk_Layer *layer, int receiver, size_t *size) {
  const pk_Layout *l = layer->layout;
  const char *role = receiver ? "destination" : "source";
  const pk_Field *has = receiver ? l->destination : l->source;
  const uint8_t *found = NULL;
  pk_Span span = p->span;
  pk_Walk w;
  if ((l->roles & (receiver ? 2 : 1)) == 0) return NULL;
  if (has != NULL) { /* no need to walk there */
    const size_t at = layer->start + has->offset / 8;
    *size = has->bits / 8;
    return at <= p->span.len && *size <= p->span.len - at && at + *size <= layer->limit ? p->span.bytes + at : NULL;
  }
  span.message = layer->start;
  pk_walk_begin(&w, l, NULL, &span, (uint64_t)layer->start * 8, layer->limit);
  while (pk_walk_next(&w))
    if (isrole(w.field, role)) {
      const uint8_t *at = address(&w, size);
      if (at != NULL) found = at;
    }
    else if (w.field->kind == PK_LIST) { /* an option may give it (RFC 6275, section 11.3.1) */
      pk_Walk element;
      pk_List list;
      pk_list_begin(&list, &w);
      while (pk_list_next(&list, &element))
        while (pk_walk_next(&element))
          if (isrole(element.field, role) && element.field->bits > 0) {
            *size = element.field->bits / 8;
            found = element.span->bytes + element.at / 8;
          }
    }
  return found;
}

int pk_packet_addresses (const pk_Packet *p, uint32_t k, const uint8_t **source, const uint8_t **destination,
                         size_t *size) {
  size_t n;
  *source = *destination = NULL;
  while (k-- > 0 && (*source == NULL || *destination == NULL)) {
    if (*destination == NULL) *destination = role_in(p, &p->layers[k], 1, &n);
    if (*source == NULL) *source = role_in(p, &p->layers[k], 0, size);
  }
  return *source != NULL && *destination != NULL && n == *size && (n == 4 || n == 16);
}

/* --- sums */

/* The bytes of a layer that a field of that key says, all that it has when it says none; 1, or 0: more than it has. */
static int said_by_field (const pk_Packet *p, const pk_Layer *layer, const char *key, size_t *end) {
  pk_Walk w;
  pk_Span span = p->span;
  size_t n;
  span.message = layer->start;
  pk_walk_begin(&w, layer->layout, NULL, &span, (uint64_t)layer->start * 8, layer->limit);
  while (pk_walk_next(&w))
    if (w.field->kind == PK_NUMBER && strcmp(w.field->key, key) == 0) {
      if (!pk_walk_length(&w, &n)) return 1;
      *end = layer->start + n;
      return n <= layer->end - layer->start;
    }
  return 0;
}

int pk_packet_covered (const pk_Packet *p, const pk_Layer *layer, const pk_Field *f, uint64_t at, size_t *begin,
                       size_t *end) {
  const char *cover = f->words->cover != NULL ? f->words->cover : "total";
  assert(p->known == PK_KNOWN_ALL);
  *begin = layer->start;
  *end = layer->end;
  if (strcmp(cover, "header") == 0)
    *end = layer->hdrend;
  else if (strcmp(cover, "payload") == 0) {
    *begin = layer->hdrend;
    *end = layer->payend;
  }
  else if (strcmp(cover, "rest") == 0)
    *begin = (size_t)((at + f->bits) / 8);
  else if (strcmp(cover, "total") != 0)
    return said_by_field(p, layer, cover, end);
  return 1;
}

/*
** What CDP makes of an odd last byte: the low byte of a word, not the high one, and above 0x80 one less and with its sign;
** so the senders compute it.
*/
static pk_Sum add_cisco (pk_Sum sum, const uint8_t *bytes, size_t n) {
  uint8_t word[2];
  if (n % 2 == 0) return pk_sum_add(sum, bytes, n);
  word[0] = bytes[n - 1] > 0x80 ? 0xff : 0;
  word[1] = (uint8_t)(bytes[n - 1] > 0x80 ? bytes[n - 1] - 1 : bytes[n - 1]);
  return pk_sum_add(pk_sum_add(sum, bytes, n - 1), word, 2);
}

/* The Internet checksum of a range as if the field in it were 0. */
static pk_Sum sum_without (const uint8_t *bytes, size_t begin, size_t end, size_t field, size_t size, pk_Sum sum, int cisco) {
  static const uint8_t zeros[8] = {0};
  if (field < begin || field >= end) return pk_sum_add(sum, bytes + begin, end - begin);
  sum = pk_sum_add(sum, bytes + begin, field - begin);
  sum = pk_sum_add(sum, zeros, size);
  return cisco ? add_cisco(sum, bytes + field + size, end - field - size) : pk_sum_add(sum, bytes + field + size, end - field - size);
}

static uint32_t crc_without (const uint8_t *bytes, size_t begin, size_t end, size_t field, size_t size) {
  static const uint8_t zeros[8] = {0};
  uint32_t crc = pk_crc32c(0, bytes + begin, field - begin);
  crc = pk_crc32c(crc, zeros, size);
  return pk_crc32c(crc, bytes + field + size, end - field - size);
}

int pk_packet_sum (const pk_Packet *p, uint32_t k, const pk_Field *f, uint64_t at, uint64_t *sum, const char **why) {
  const pk_Layer *layer = &p->layers[k];
  const size_t field = (size_t)(at / 8), size = f->bits / 8;
  size_t begin, end;
  pk_Sum s = 0;
  *why = "covers what is not told";
  if (at % 8 != 0 || f->bits % 8 != 0 || size > 8 || !pk_packet_covered(p, layer, f, at, &begin, &end)) return 0;
  *why = "cut";
  if (end > p->span.len || field > end || size > end - field) return 0;
  if (strcmp(f->words->sum, "crc32c") == 0) {
    *why = "covers what is not told";
    if (field < begin) return 0;
    *sum = crc_without(p->span.bytes, begin, end, field, size);
    return 1;
  }
  if (f->words->pseudo.n != 0) {
    const int only6 = f->words->pseudo.n == 6;
    const size_t total = only6 ? end - begin : layer->end - layer->start; /* though the sum may cover less */
    const uint8_t *source, *destination;
    const uint8_t protocol = (uint8_t)layer->layout->ipproto;
    size_t n = 0;
    *why = "no addresses";
    if (layer->layout->ipproto < 0 || !pk_packet_addresses(p, k, &source, &destination, &n)) return 0;
    if (n == 16)
      s = pk_sum_pseudo6(source, destination, protocol, (uint32_t)total);
    else if (!only6)
      s = pk_sum_pseudo4(source, destination, protocol, (uint16_t)total);
  }
  *sum = pk_sum_finish(sum_without(p->span.bytes, begin, end, field, size, s, strcmp(f->words->sum, "cisco") == 0));
  if (*sum == 0 && f->words->zero.kind != PK_VALUE_NONE) *sum = (uint64_t)f->words->zero.n;
  return 1;
}

/* Over IPv6 a sum of zero is not one that is absent (RFC 8200, section 8.1). */
static int absent (const pk_Packet *p, uint32_t k, const pk_Field *f, uint64_t value) {
  const uint8_t *source, *destination;
  size_t n = 0;
  if (f->words->zero.kind == PK_VALUE_NONE || value != 0) return 0;
  return !(pk_packet_addresses(p, k, &source, &destination, &n) && n == 16);
}

static void check (const pk_Packet *p, uint32_t k, const pk_Walk *w, pk_SumCheck *c) {
  const pk_Layer *layer = &p->layers[k];
  c->layer = layer;
  c->field = w->field;
  c->at = w->at;
  c->is = pk_walk_number(w);
  c->should = 0;
  c->why = NULL;
  c->verdict = PK_SUM_UNVERIFIABLE;
  if (layer->flags & PK_LAYER_QUOTED)
    c->why = "quoted";
  else if (absent(p, k, w->field, c->is))
    c->verdict = PK_SUM_ABSENT;
  else if ((layer->flags & PK_LAYER_PART) && !(w->field->words->cover != NULL && strcmp(w->field->words->cover, "header") == 0))
    c->why = "fragment";
  else if (layer->flags & PK_LAYER_INCOMPLETE)
    c->why = "incomplete";
  else if (pk_packet_sum(p, k, w->field, w->at, &c->should, &c->why)) {
    c->why = NULL;
    c->verdict = c->is == c->should ? PK_SUM_OK : PK_SUM_BAD;
    /* The other zero of one's complement is right too, where none is "absent". */
    if (c->verdict == PK_SUM_BAD && c->should == 0 && c->is == 0xffff && w->field->bits == 16) c->verdict = PK_SUM_OK;
  }
}

size_t pk_packet_verify (const pk_Packet *p, pk_SumCheck *checks, size_t max) {
  pk_Span span = p->span;
  uint32_t k;
  size_t n = 0;
  assert(p->known == PK_KNOWN_ALL);
  for (k = 0; k < p->nlayers; k++) {
    const pk_Layer *layer = &p->layers[k];
    pk_Walk w;
    span.message = layer->start;
    pk_walk_begin(&w, layer->layout, NULL, &span, (uint64_t)layer->start * 8, layer->limit);
    while (pk_walk_next(&w))
      if (pk_field_issum(w.field)) {
        if (n < max) check(p, k, &w, &checks[n]);
        n++;
      }
  }
  return n;
}

/* --- fixing */

static size_t put (uint8_t *bytes, const pk_Walk *w, uint64_t value) {
  if (pk_walk_number(w) == value || value > pk_bits_mask(w->field->bits)) return 0;
  pk_bits_set(bytes + w->at / 8, (unsigned)(w->at % 8), w->field->bits, w->field->little, value);
  return 1;
}

/* The value of a length of `n` bytes; 1, or 0: it cannot say that. */
static int length_value (const pk_Words *w, size_t n, uint64_t *value) {
  const int64_t unit = w->unit.kind != PK_VALUE_NONE ? w->unit.n : 1, bytes = (int64_t)n - w->bias.n;
  if (bytes < 0 || bytes % unit != 0) return 0;
  *value = (uint64_t)(bytes / unit);
  return 1;
}

/*
** The lengths of a layer. What a layer has is what its region holds, but for padding at the end of the frame,
** which is not its own: a length that says less stays.
*/
static size_t fix_lengths (pk_Packet *p, uint32_t k, uint8_t *bytes) {
  const pk_Layer *layer = &p->layers[k];
  size_t changed = 0;
  pk_Walk w;
  if (p->span.len < p->wirelen || (layer->flags & (PK_LAYER_CUT | PK_LAYER_INCOMPLETE | PK_LAYER_PART))) return 0;
  pk_packet_walk(p, layer, &w);
  while (pk_walk_next(&w)) {
    const uint8_t acts = w.field->acts;
    uint64_t value, is;
    if ((acts & (PK_ACT_TOTAL | PK_ACT_PAYLOAD)) == 0) continue;
    is = pk_walk_number(&w);
    if (w.field->words->open.kind != PK_VALUE_NONE && is == (uint64_t)w.field->words->open.n) continue;
    if (length_value(w.field->words, (acts & PK_ACT_TOTAL) ? layer->end - layer->start : layer->payend - layer->hdrend,
                     &value))
      changed += put(bytes, &w, value);
  }
  return changed;
}

static size_t fix_sums (pk_Packet *p, uint32_t k, uint8_t *bytes) {
  size_t changed = 0;
  pk_Walk w;
  pk_packet_walk(p, &p->layers[k], &w);
  while (pk_walk_next(&w))
    if (pk_field_issum(w.field)) {
      pk_SumCheck c;
      check(p, k, &w, &c);
      if (c.verdict == PK_SUM_BAD) changed += put(bytes, &w, c.should);
    }
  return changed;
}

size_t pk_packet_fix (pk_Packet *p, uint8_t *bytes) {
  size_t changed = 0;
  uint32_t k;
  assert(p->known == PK_KNOWN_ALL);
  for (k = p->nlayers; k-- > 0;) {
    if (p->layers[k].flags & PK_LAYER_QUOTED) continue;
    changed += fix_lengths(p, k, bytes);
    changed += fix_sums(p, k, bytes);
  }
  return changed;
}

int pk_packet_refit (pk_Packet *p, const pk_Bindings *b, uint32_t n, uint8_t *bytes) {
  const size_t len = p->span.len;
  uint32_t k;
  assert(p->known == PK_KNOWN_ALL);
  for (k = 0; k < n && k < p->nlayers; k++) {
    const pk_Layer *layer = &p->layers[k];
    pk_Walk w;
    pk_packet_walk(p, layer, &w);
    while (pk_walk_next(&w)) {
      const uint8_t acts = w.field->acts;
      uint64_t value;
      if ((acts & (PK_ACT_TOTAL | PK_ACT_PAYLOAD)) == 0 || w.field->kind != PK_NUMBER) continue;
      if (!length_value(w.field->words, len - ((acts & PK_ACT_TOTAL) ? layer->start : layer->hdrend), &value) ||
          value > pk_bits_mask(w.field->bits))
        return 0;
      put(bytes, &w, value);
    }
  }
  pk_packet_dissect(p, b, p->layers[0].layout, bytes, len, len);
  for (k = n < p->nlayers ? n : p->nlayers; k-- > 0;) fix_sums(p, k, bytes);
  return 1;
}
