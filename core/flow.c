/*
** flow.c: the ends of packets, by what layouts say of addresses and ports; a table of them, chained, doubled when
** as many are in it as it has buckets, and a list by use.
*/
#include "flow.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "inner.h"
#include "sums.h"

#define BLOCK 64   /* flows that are allocated at once */
#define BUCKETS 256 /* at first */
#define LINE 64     /* bytes of a cache line: where flows begin */

/* --- ends */

/* The number in a field of a layer, or -1. */
static int64_t number_in (const pk_Packet *p, const pk_Layer *layer, const pk_Field *f) {
  uint64_t n;
  return pk_field_getnumber(f, p->span.bytes, p->span.len, (uint64_t)layer->start * 8, &n) ? (int64_t)n : -1;
}

/* What stands above layer `k`, which gives addresses: its protocol, from the number that names it. */
static int protocol_above (const pk_Packet *p, uint32_t k) {
  const pk_Field *f = pk_layout_actor(p->layers[k].layout, PK_ACT_NEXT);
  int64_t n = -1;
  if (f != NULL && f->placed && f->words->nexthash == pk_space_hash("ipproto")) n = number_in(p, &p->layers[k], f);
  return n < 0 ? 0 : (int)(uint8_t)n;
}

static int place_ends (pk_FlowPlace *place, const uint8_t *source, const uint8_t *destination, size_t size, uint16_t sport,
                       uint16_t dport) {
  pk_FlowKey *key = &place->key;
  const int order = memcmp(source, destination, size);
  place->fromhigh = order > 0 || (order == 0 && sport > dport);
  memcpy(key->low, place->fromhigh ? destination : source, size);
  memcpy(key->high, place->fromhigh ? source : destination, size);
  key->lowport = place->fromhigh ? dport : sport;
  key->highport = place->fromhigh ? sport : dport;
  key->size = (uint8_t)size;
  return 1;
}

int pk_flow_place (const pk_Packet *p, pk_FlowPlace *place) {
  const uint8_t *source, *destination;
  size_t size = 0;
  uint32_t k = 0, at;
  uint8_t roles = 0;
  assert(p->known == PK_KNOWN_ALL);
  memset(place, 0, sizeof(*place));
  do { /* up to the first layers that give both addresses */
    if (k == p->nlayers) return 0;
    roles |= p->layers[k++].layout->roles;
  } while (roles != 3);
  if (!pk_packet_addresses(p, k, &source, &destination, &size)) return 0;
  place->layer = k - 1;
  for (at = k; at < p->nlayers && (p->layers[at].flags & PK_LAYER_QUOTED) == 0; at++) {
    const pk_Layout *l = p->layers[at].layout;
    if (l->ipproto < 0 || l->roles == 3) break; /* (of a tunnel: what it carries) */
    if (l->sport != NULL) {
      const int64_t from = number_in(p, &p->layers[at], l->sport), to = number_in(p, &p->layers[at], l->dport);
      if (from < 0 || to < 0) break;
      place->layer = at;
      place->key.protocol = (uint8_t)l->ipproto;
      if (at > k) pk_packet_addresses(p, at, &source, &destination, &size); /* a routing header may give the last one */
      return place_ends(place, source, destination, size, (uint16_t)from, (uint16_t)to);
    }
    if (protocol_above(p, at) == 0) break; /* it ends here: no ports */
  }
  place->key.protocol = (uint8_t)(at < p->nlayers && p->layers[at].layout->ipproto >= 0 ? p->layers[at].layout->ipproto
                                                                                       : protocol_above(p, at - 1));
  return place_ends(place, source, destination, size, 0, 0);
}

int pk_flow_streamplace (const pk_Packet *p, pk_FlowPlace *place) {
  const uint8_t *source, *destination;
  int64_t from, to;
  size_t size = 0;
  uint32_t k = 0;
  assert(p->known == PK_KNOWN_ALL);
  while (k < p->nlayers && !p->layers[k].layout->stream) k++;
  if (k == p->nlayers || p->layers[k].layout->sport == NULL || !pk_packet_addresses(p, k, &source, &destination, &size)) return 0;
  from = number_in(p, &p->layers[k], p->layers[k].layout->sport);
  to = number_in(p, &p->layers[k], p->layers[k].layout->dport);
  if (from < 0 || to < 0) return 0;
  memset(place, 0, sizeof(*place));
  place->layer = k;
  place->key.protocol = (uint8_t)p->layers[k].layout->ipproto;
  return place_ends(place, source, destination, size, (uint16_t)from, (uint16_t)to);
}

/* --- the table */

/* Both halves of a product, folded. */
static uint64_t fold (uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = (Wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  const uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
  const uint64_t mid = (a >> 32) * (b & UINT32_MAX) + (low >> 32), mid2 = (a & UINT32_MAX) * (b >> 32) + (mid & UINT32_MAX);
  return (mid2 << 32 | (low & UINT32_MAX)) ^ (high + (mid >> 32) + (mid2 >> 32));
#endif
}

/* Both factors depend on the seed: who does not know it cannot choose ends that meet in one bucket. */
uint32_t pk_flows_hash (const pk_Flows *t, const pk_FlowKey *key) {
  const uint64_t seed = t->seed, other = fold(seed ^ 0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u);
  uint64_t w[sizeof(*key) / 8], h;
  static_assert(sizeof(*key) == 40, "a key is five words");
  memcpy(w, key, sizeof(w));
  h = fold(w[0] ^ seed, w[1] ^ other);
  h = fold(w[2] ^ seed ^ h, w[3] ^ other ^ (h << 32 | h >> 32));
  h = fold(w[4] ^ other ^ h, seed ^ 0x94d049bb133111ebu);
  return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

void pk_flows_init (pk_Flows *t, size_t size, uint64_t seed) {
  memset(t, 0, sizeof(*t));
  t->size = (size + LINE - 1) / LINE * LINE;
  t->seed = seed * 0xbf58476d1ce4e5b9u + 1;
}

void pk_flows_free (pk_Flows *t) {
  uint32_t k;
  for (k = 0; k < t->nblocks; k++) pk_realloc(t->blocks[k], 0);
  pk_realloc(t->blocks, 0);
  pk_realloc(t->buckets, 0);
  pk_flows_init(t, t->size, 0);
}

pk_Flow *pk_flows_find (const pk_Flows *t, const pk_FlowKey *key, uint32_t hash) {
  pk_Flow *f = t->buckets != NULL ? t->buckets[hash & t->mask] : NULL;
  for (; f != NULL; f = f->chain)
    if (f->hash == hash && memcmp(&f->key, key, sizeof(*key)) == 0) return f;
  return NULL;
}

/* Twice as many buckets; out of memory, chains grow instead. 1, or 0: there are none at all. */
static int more_buckets (pk_Flows *t) {
  const uint32_t n = t->buckets != NULL ? 2 * (t->mask + 1) : BUCKETS;
  pk_Flow **buckets = n <= (uint32_t)1 << 30 ? (pk_Flow **)pk_realloc(NULL, n * sizeof(*buckets)) : NULL, *f;
  if (buckets == NULL) return t->buckets != NULL;
  memset(buckets, 0, n * sizeof(*buckets));
  for (f = t->oldest; f != NULL; f = f->newer) {
    f->chain = buckets[f->hash & (n - 1)];
    buckets[f->hash & (n - 1)] = f;
  }
  pk_realloc(t->buckets, 0);
  t->buckets = buckets;
  t->mask = n - 1;
  return 1;
}

static int more_flows (pk_Flows *t) {
  char *block, *first;
  uint32_t k;
  if (t->nblocks == t->maxblocks) {
    const uint32_t max = t->maxblocks > 0 ? 2 * t->maxblocks : 16;
    char **blocks = (char **)pk_realloc(t->blocks, max * sizeof(*blocks));
    if (blocks == NULL) return 0;
    t->blocks = blocks;
    t->maxblocks = max;
  }
  block = (char *)pk_realloc(NULL, BLOCK * t->size + LINE);
  if (block == NULL) return 0;
  first = block + (LINE - (uintptr_t)block % LINE) % LINE;
  for (k = BLOCK; k-- > 0;) {
    pk_Flow *f = (pk_Flow *)(void *)(first + k * t->size);
    f->slot = t->nblocks * BLOCK + k + 1;
    f->chain = t->free;
    t->free = f;
  }
  t->blocks[t->nblocks++] = block;
  return 1;
}

static void make_newest (pk_Flows *t, pk_Flow *f) {
  f->newer = NULL;
  f->older = t->newest;
  if (t->newest != NULL) t->newest->newer = f;
  t->newest = f;
  if (t->oldest == NULL) t->oldest = f;
}

static void unlist (pk_Flows *t, pk_Flow *f) {
  if (f->older != NULL) f->older->newer = f->newer;
  else t->oldest = f->newer;
  if (f->newer != NULL) f->newer->older = f->older;
  else t->newest = f->older;
}

pk_Flow *pk_flows_add (pk_Flows *t, const pk_FlowPlace *place, uint32_t hash, int64_t time) {
  pk_Flow *f;
  uint32_t slot;
  if ((t->buckets == NULL || t->n > t->mask) && !more_buckets(t)) return NULL;
  if (t->free == NULL && !more_flows(t)) return NULL;
  f = t->free;
  t->free = f->chain;
  slot = f->slot;
  memset(f, 0, t->size);
  f->key = place->key;
  f->slot = slot;
  f->hash = hash;
  f->highfirst = (uint8_t)(place->fromhigh != 0);
  f->start = f->last = time;
  f->chain = t->buckets[hash & t->mask];
  t->buckets[hash & t->mask] = f;
  t->n++;
  make_newest(t, f);
  return f;
}

pk_Flow *pk_flows_oldest (pk_Flows *t) {
  pk_Flow *f = t->oldest;
  uint32_t n;
  for (n = t->n; n > 1 && f->used; n--, f = t->oldest) {
    f->used = 0;
    unlist(t, f);
    make_newest(t, f);
  }
  return f;
}

void pk_flows_remove (pk_Flows *t, pk_Flow *f) {
  pk_Flow **at = &t->buckets[f->hash & t->mask];
  while (*at != f) at = &(*at)->chain;
  *at = f->chain;
  unlist(t, f);
  t->n--;
  f->chain = t->free;
  t->free = f;
}
