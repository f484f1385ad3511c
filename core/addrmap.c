/*
** addrmap.c: addresses by rules and by a key. A bit of an address is turned or not by what a pseudo-random function
** says of the bits before it; above a prefix that is to stay no bit is turned.
*/
#include "addrmap.h"

#include <string.h>

#include "alloc.h"

#define CACHED 8192 /* addresses */

typedef struct Rule {
  pk_AddrRule rule;
  unsigned len, tolen;
  int own; /* the user's */
  uint8_t prefix[PK_ADDRMAP_MAXBYTES], to[PK_ADDRMAP_MAXBYTES];
} Rule;

typedef struct Rules {
  Rule *list;
  size_t n, room;
} Rules;

typedef struct Cached {
  uint8_t kind; /* 0: free */
  uint8_t from[PK_ADDRMAP_MAXBYTES], to[PK_ADDRMAP_MAXBYTES];
} Cached;

struct pk_AddrMap {
  pk_Cipher cipher; /* or NULL */
  void *arg;
  uint8_t pad[16];
  int groups; /* the defaults hold for groups of MAC, and for what is all zeros */
  int own;    /* rules that are added are the user's */
  Rules rules[PK_ADDRESS_EUI64 + 1];
  size_t moves[PK_ADDRESS_EUI64 + 1]; /* how many rules move */
  Cached *cache;
};

static const uint8_t v4in6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; /* ::ffff:0:0/96 */
static const uint8_t nat64[16] = {0, 0x64, 0xff, 0x9b};                    /* 64:ff9b::/96, RFC 6052 */
static const uint8_t solicited[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}; /* ff02::1:ff00:0/104 */

size_t pk_address_size (pk_AddressKind kind) {
  static const uint8_t sizes[] = {0, 4, 16, 6, 8};
  return sizes[kind];
}

pk_AddrMap *pk_addrmap_new (pk_Cipher cipher, void *arg, const uint8_t pad[16]) {
  pk_AddrMap *m = (pk_AddrMap *)pk_realloc(NULL, sizeof(*m));
  if (m == NULL) return NULL;
  memset(m, 0, sizeof(*m));
  m->cache = (Cached *)pk_realloc(NULL, CACHED * sizeof(Cached));
  if (m->cache == NULL) {
    pk_realloc(m, 0);
    return NULL;
  }
  memset(m->cache, 0, CACHED * sizeof(Cached));
  m->cipher = cipher;
  m->arg = arg;
  if (pad != NULL) memcpy(m->pad, pad, sizeof(m->pad));
  return m;
}

int pk_addrmap_keyed (const pk_AddrMap *m) {
  return m->cipher != NULL;
}

unsigned pk_addrmap_kinds (const pk_AddrMap *m) {
  unsigned kinds = 0, k;
  for (k = PK_ADDRESS_IPV4; k <= PK_ADDRESS_EUI64; k++)
    if (m->cipher != NULL || m->moves[k] > 0) kinds |= 1u << k;
  if (kinds & 1u << PK_ADDRESS_IPV4) kinds |= 1u << PK_ADDRESS_IPV6; /* those with one of IPv4 in them */
  return kinds;
}

void pk_addrmap_free (pk_AddrMap *m) {
  size_t k;
  if (m == NULL) return;
  for (k = 0; k < sizeof(m->rules) / sizeof(m->rules[0]); k++) pk_realloc(m->rules[k].list, 0);
  pk_realloc(m->cache, 0);
  pk_realloc(m, 0);
}

/* The first bits that two have in common, up to `max`. */
static unsigned common (const uint8_t *a, const uint8_t *b, unsigned max) {
  unsigned n = 0;
  while (n + 8 <= max && a[n / 8] == b[n / 8]) n += 8;
  while (n < max && ((a[n / 8] ^ b[n / 8]) >> (7 - n % 8) & 1) == 0) n++;
  return n;
}

int pk_addrmap_rule (pk_AddrMap *m, pk_AddrRule rule, pk_AddressKind kind, const uint8_t *prefix, unsigned len,
                     const uint8_t *to, unsigned tolen) {
  Rules *rules = &m->rules[kind];
  Rule *r;
  if (rules->n == PK_ADDRMAP_MAXRULES) return 0;
  if (rules->n == rules->room) {
    const size_t room = rules->room > 0 ? 2 * rules->room : 8;
    r = (Rule *)pk_realloc(rules->list, room * sizeof(Rule));
    if (r == NULL) return 0;
    rules->list = r;
    rules->room = room;
  }
  r = &rules->list[rules->n++];
  memset(r, 0, sizeof(*r));
  r->rule = rule;
  r->len = len;
  r->tolen = tolen;
  r->own = m->own;
  m->moves[kind] += rule == PK_ADDR_MOVE;
  memcpy(r->prefix, prefix, pk_address_size(kind));
  if (to != NULL) memcpy(r->to, to, pk_address_size(kind));
  memset(m->cache, 0, CACHED * sizeof(Cached));
  return 1;
}

int pk_addrmap_defaults (pk_AddrMap *m) {
  static const struct { pk_AddrRule rule; pk_AddressKind kind; unsigned len; uint8_t prefix[16]; } list[] = {
    {PK_ADDR_KEEP, PK_ADDRESS_IPV4, 8, {0}}, {PK_ADDR_KEEP, PK_ADDRESS_IPV4, 8, {127}},
    {PK_ADDR_KEEP, PK_ADDRESS_IPV4, 3, {224}}, /* groups, and those above: masks and the broadcast address */
    {PK_ADDR_KEEP, PK_ADDRESS_IPV6, 8, {0xff}},
    {PK_ADDR_HOLD, PK_ADDRESS_IPV6, 64, {0xfe, 0x80}},
  };
  size_t k;
  for (k = 0; k < sizeof(list) / sizeof(list[0]); k++)
    if (!pk_addrmap_rule(m, list[k].rule, list[k].kind, list[k].prefix, list[k].len, NULL, 0)) return 0;
  m->groups = 1;
  return pk_addrmap_rule(m, PK_ADDR_HOLD, PK_ADDRESS_IPV6, solicited, 104, NULL, 0);
}

int pk_addrmap_embedded (pk_AddrMap *m) {
  return pk_addrmap_rule(m, PK_ADDR_HOLD, PK_ADDRESS_IPV6, v4in6, 96, NULL, 0) &&
         pk_addrmap_rule(m, PK_ADDR_HOLD, PK_ADDRESS_IPV6, nat64, 96, NULL, 0);
}

void pk_addrmap_own (pk_AddrMap *m) {
  m->own = 1;
}

static const Rule *longest (const Rules *rules, const uint8_t *from) {
  const Rule *best = NULL;
  size_t k;
  for (k = 0; k < rules->n; k++) {
    const Rule *r = &rules->list[k];
    if ((best == NULL || r->own > best->own || (r->own == best->own && r->len >= best->len)) && common(r->prefix, from, r->len) == r->len) best = r;
  }
  return best;
}

/* How many first bits stay: those on the way to a prefix that does. */
static unsigned staying (const Rules *rules, const uint8_t *from) {
  unsigned most = 0;
  size_t k;
  for (k = 0; k < rules->n; k++) {
    const Rule *r = &rules->list[k];
    const unsigned n = common(r->prefix, from, r->len), stay = n < r->len ? n + 1 : r->len;
    if (r->rule != PK_ADDR_MOVE && stay > most) most = stay;
  }
  return most;
}

static void put_bits (uint8_t *to, const uint8_t *from, unsigned n) {
  const unsigned whole = n / 8;
  const uint8_t mask = (uint8_t)(0xff00 >> n % 8);
  memcpy(to, from, whole);
  if (n % 8 != 0) to[whole] = (uint8_t)((from[whole] & mask) | (to[whole] & ~mask));
}

/* Turns bits `first` to `bits`: each as the cipher says of those before it, with the pad behind them. */
static void turn (pk_AddrMap *m, pk_AddressKind kind, const uint8_t *from, uint8_t *to, unsigned first, unsigned bits) {
  uint8_t in[PK_ADDRMAP_MAXBYTES * 8 * 16], out[PK_ADDRMAP_MAXBYTES * 8 * 16], pad[16];
  unsigned k;
  if (first >= bits) return;
  memcpy(pad, m->pad, sizeof(pad));
  if (kind >= PK_ADDRESS_MAC) pad[15] = (uint8_t)(pad[15] ^ (unsigned)kind); /* other bits than an IP address has */
  for (k = first; k < bits; k++) {
    memcpy(in + (k - first) * 16, pad, 16);
    put_bits(in + (k - first) * 16, from, k);
  }
  m->cipher(m->arg, bits - first, in, out);
  for (k = first; k < bits; k++) to[k / 8] = (uint8_t)(to[k / 8] ^ ((out[(k - first) * 16] >> 7) << (7 - k % 8)));
}

/* Whether an address stays though none with that prefix does: of zeros alone, and IPv6's loopback. */
static int is_special (const pk_AddrMap *m, pk_AddressKind kind, const uint8_t *a) {
  const size_t size = pk_address_size(kind);
  size_t k;
  if (!m->groups) return 0;
  for (k = 0; k + 1 < size; k++)
    if (a[k] != 0) return 0;
  return a[k] == 0 || (kind == PK_ADDRESS_IPV6 && a[k] == 1);
}

static void find (pk_AddrMap *m, pk_AddressKind kind, const uint8_t *from, uint8_t *to) {
  const Rules *rules = &m->rules[kind];
  const size_t size = pk_address_size(kind);
  const unsigned bits = (unsigned)size * 8;
  const Rule *r = longest(rules, from);
  uint8_t last[PK_ADDRMAP_MAXBYTES];
  memcpy(to, from, size);
  if (r != NULL && r->rule == PK_ADDR_MOVE) put_bits(to, r->to, r->tolen);
  if (r != NULL && r->rule == PK_ADDR_HOLD && kind == PK_ADDRESS_IPV6 && r->len == 96) {
    pk_addrmap_get(m, PK_ADDRESS_IPV4, from + 12, to + 12);
    return;
  }
  if (m->cipher == NULL || (r != NULL && r->rule != PK_ADDR_HOLD)) return;
  if ((kind == PK_ADDRESS_MAC) && m->groups && (from[0] & 1)) {
    uint8_t group[16], other[16];
    if (from[0] != 0x33 || from[1] != 0x33 || from[2] != 0xff) return; /* a group made of an address: RFC 2464, section 7 */
    memcpy(group, solicited, 16);
    memcpy(group + 13, from + 3, 3);
    find(m, PK_ADDRESS_IPV6, group, other);
    memcpy(to + 3, other + 13, 3);
    return;
  }
  if (is_special(m, kind, from)) return;
  do { /* what became one that stays goes on to what that would be */
    memcpy(last, to, size);
    turn(m, kind, last, to, staying(rules, last), bits);
    if (kind >= PK_ADDRESS_MAC) to[0] = (uint8_t)((to[0] & ~3) | (from[0] & 3)); /* group, local */
  } while (is_special(m, kind, to));
}

void pk_addrmap_get (pk_AddrMap *m, pk_AddressKind kind, const uint8_t *from, uint8_t *to) {
  const size_t size = pk_address_size(kind);
  uint32_t h = 2166136261u + (uint32_t)kind;
  uint8_t other[PK_ADDRMAP_MAXBYTES];
  Cached *c;
  size_t k;
  for (k = 0; k < size; k++) h = (h ^ from[k]) * 16777619u;
  c = &m->cache[(h ^ h >> 15) % CACHED];
  if (c->kind != kind || memcmp(c->from, from, size) != 0) {
    find(m, kind, from, other);
    c->kind = (uint8_t)kind;
    memcpy(c->from, from, size);
    memcpy(c->to, other, size);
  }
  memcpy(to, c->to, size);
}
