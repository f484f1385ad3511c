/*
** carry.c: where the sums of a packet stand and what they cover; RFC 1624, equation 3.
*/
#include "carry.h"

#include <assert.h>
#include <string.h>

#include "bits.h"
#include "checksum.h"
#include "sums.h"

static uint32_t fold (uint32_t s) {
  s = (s & 0xffff) + (s >> 16);
  return (s & 0xffff) + (s >> 16);
}

static int overlaps (size_t first, size_t last, size_t begin, size_t end) {
  return first < end && begin < last;
}

/* --- finding */

static void add_sum (pk_Carry *c, pk_Packet *p, uint32_t layer, const pk_Field *f, uint64_t at) {
  const uint8_t *source, *destination;
  pk_CarrySum *sum = &c->sums[c->n];
  size_t size;
  if (at % 8 != 0) return;
  if (f->words->zero.kind != PK_VALUE_NONE && pk_bits_get(p->span.bytes + at / 8, 0, f->bits, f->little) == 0)
    return; /* there is none; of UDP over IPv6 too, where RFC 6935 has it so in tunnels */
  memset(sum, 0, sizeof(*sum));
  if (!pk_packet_covered(p, &p->layers[layer], f, at, &sum->begin, &sum->end)) return;
  sum->at = (size_t)(at / 8);
  if (sum->end > p->span.len) sum->end = p->span.len;
  sum->zero = f->words->zero.kind != PK_VALUE_NONE ? f->words->zero.n : -1;
  sum->layer = layer;
  sum->field = f;
  sum->whole = strcmp(f->words->sum, "internet") != 0 || f->bits != 16;
  if (f->words->pseudo.n != 0 && pk_packet_addresses(p, layer, &source, &destination, &size) &&
      (size == 16 || f->words->pseudo.n != 6)) {
    sum->source = (size_t)(source - p->span.bytes);
    sum->destination = (size_t)(destination - p->span.bytes);
    sum->size = size;
  }
  c->whole += sum->whole;
  c->n++;
}

void pk_carry_begin (pk_Carry *c, pk_Packet *p) {
  uint32_t k;
  assert(p->known == PK_KNOWN_ALL);
  c->n = 0;
  c->whole = 0;
  c->p = p;
  for (k = p->nlayers; k-- > 0 && c->n < PK_CARRY_MAX;) {
    const pk_Layer *layer = &p->layers[k];
    const pk_Layout *l = layer->layout;
    pk_Walk w;
    if (l->nsums == 0) continue;
    if (l->sum != NULL) { /* no need to walk there */
      const size_t end = layer->start + (l->sum->offset + l->sum->bits + 7) / 8;
      if (end <= layer->limit && end <= p->span.len) add_sum(c, p, k, l->sum, (uint64_t)layer->start * 8 + l->sum->offset);
      continue;
    }
    pk_packet_walk(p, layer, &w);
    while (c->n < PK_CARRY_MAX && pk_walk_next(&w))
      if (pk_field_issum(w.field) && w.at + w.field->bits <= (uint64_t)p->span.len * 8) add_sum(c, p, k, w.field, w.at);
  }
}

/* --- changes */

/* The words of the part of [first, last) that lies in [begin, end), paired from `begin` on. */
static uint32_t part (const uint8_t *bytes, size_t first, size_t last, size_t begin, size_t end) {
  uint32_t sum;
  if (first < begin) first = begin;
  if (last > end) last = end;
  if (first >= last) return 0;
  if (last - first == 2 && (first - begin) % 2 == 0) return (uint32_t)bytes[first] << 8 | bytes[first + 1];
  sum = pk_sum_add(0, bytes + first, last - first) & 0xffff;
  return (first - begin) % 2 == 0 ? sum : ((sum & 0xff) << 8 | sum >> 8);
}

/* What the bytes [first, last) add to a sum: those of the sum itself add nothing. */
static uint32_t share (const pk_CarrySum *s, const uint8_t *bytes, size_t first, size_t last) {
  uint32_t sum = 0;
  if (overlaps(first, last, s->begin, s->end)) {
    sum = part(bytes, first, last, s->begin, s->end);
    if (overlaps(first, last, s->at, s->at + 2)) { /* without its own */
      const size_t from = first > s->at ? first : s->at, to = last < s->at + 2 ? last : s->at + 2;
      sum += ~part(bytes, from, to, s->begin, s->end) & 0xffff;
    }
  }
  if (s->size > 0) {
    sum += part(bytes, first, last, s->source, s->source + s->size);
    sum += part(bytes, first, last, s->destination, s->destination + s->size);
  }
  return fold(sum);
}

/* Whether a sum that is made anew depends on bytes; and whether it was right before they changed. */
static void touch_whole (const pk_Carry *c, pk_CarrySum *s, size_t first, size_t last) {
  const size_t size = s->field->bits / 8;
  const char *why;
  uint64_t should;
  if (first >= s->at && last <= s->at + size) { /* written itself */
    s->right = 2;
    return;
  }
  if (!overlaps(first, last, s->begin, s->end)) return;
  s->touched = 1;
  if (s->right != 0) return;
  s->right = 2;
  if (pk_packet_sum(c->p, s->layer, s->field, (uint64_t)s->at * 8, &should, &why) &&
      pk_bits_get(c->p->span.bytes + s->at, 0, s->field->bits, s->field->little) == should)
    s->right = 1;
}

void pk_carry_before (pk_Carry *c, const uint8_t *bytes, size_t first, size_t last) {
  uint32_t k;
  for (k = 0; k < c->n; k++) {
    pk_CarrySum *s = &c->sums[k];
    if (first <= s->at && last >= s->at + s->field->bits / 8) s->given = 1;
    if (s->whole)
      touch_whole(c, s, first, last);
    else
      s->delta = fold(s->delta + (~share(s, bytes, first, last) & 0xffff));
  }
}

void pk_carry_after (pk_Carry *c, const uint8_t *bytes, size_t first, size_t last) {
  uint32_t k;
  for (k = 0; k < c->n; k++) {
    pk_CarrySum *s = &c->sums[k];
    if (!s->whole) s->delta = fold(s->delta + share(s, bytes, first, last));
  }
}

pk_CarryHow pk_carry_how (const pk_Carry *c, uint32_t k, size_t first, size_t last) {
  const pk_CarrySum *s = &c->sums[k];
  const int own = overlaps(first, last, s->at, s->at + 2), inside = overlaps(first, last, s->begin, s->end);
  const int from = s->size > 0 && overlaps(first, last, s->source, s->source + s->size);
  const int to = s->size > 0 && overlaps(first, last, s->destination, s->destination + s->size);
  if (own) return first == s->at && last == s->at + 2 ? PK_CARRY_NOT : PK_CARRY_ODD;
  if (!inside && !from && !to) return PK_CARRY_NOT;
  if (s->whole || inside + from + to > 1) return PK_CARRY_ODD;
  if (inside) return s->begin <= first && last <= s->end && (first - s->begin) % 2 == 0 ? PK_CARRY_EVEN : PK_CARRY_ODD;
  if (from) return s->source == first && last <= s->source + s->size ? PK_CARRY_EVEN : PK_CARRY_ODD;
  return s->destination == first && last <= s->destination + s->size ? PK_CARRY_EVEN : PK_CARRY_ODD;
}

/* Whether all that a sum covers, itself left out, is zero. */
static int all_zero (const uint8_t *bytes, const pk_CarrySum *s) {
  size_t k;
  for (k = s->begin; k < s->end; k++)
    if (bytes[k] != 0 && k != s->at && k != s->at + 1) return 0;
  return 1;
}

int pk_carry_put (const pk_CarrySum *s, uint8_t *bytes, uint32_t delta) {
  uint8_t *at = bytes + s->at;
  const uint32_t is = (uint32_t)at[0] << 8 | at[1];
  uint32_t value;
  if (delta == 0 || fold(delta) == 0xffff) return 0; /* the zeros of one's complement */
  value = ~fold((~is & 0xffff) + fold(delta)) & 0xffff;
  if (value == 0 && s->zero >= 0) value = (uint32_t)s->zero;
  if (value == 0 && s->size == 0 && all_zero(bytes, s)) value = 0xffff; /* RFC 1624, section 3: of nothing but zeros */
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return value != is;
}

size_t pk_carry_end (pk_Carry *c, uint8_t *bytes) {
  size_t changed = 0;
  uint32_t k;
  for (k = 0; k < c->n; k++) { /* inner ones first: outer ones may cover them */
    pk_CarrySum *s = &c->sums[k];
    const size_t end = s->at + s->field->bits / 8;
    const uint32_t delta = s->delta;
    uint64_t should;
    const char *why;
    const int anew = s->whole && s->touched && s->right == 1;
    const int moves = !s->given && (anew || (delta != 0 && delta != 0xffff));
    s->delta = 0;
    s->touched = s->right = s->given = 0;
    if (!moves) continue;
    pk_carry_before(c, bytes, s->at, end);
    if (!anew)
      changed += (size_t)pk_carry_put(s, bytes, delta);
    else if (pk_packet_sum(c->p, s->layer, s->field, (uint64_t)s->at * 8, &should, &why)) {
      pk_bits_set(bytes + s->at, 0, s->field->bits, s->field->little, should);
      changed++;
    }
    pk_carry_after(c, bytes, s->at, end);
    s->delta = 0; /* its own change is none */
    s->touched = s->right = s->given = 0;
  }
  return changed;
}
