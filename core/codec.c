/*
** codec.c: addresses as text. What is read is what is written and no more: no octal, no missing
** parts, no scope identifiers.
*/
#include "codec.h"

#include <assert.h>
#include <string.h>

#include "codecnum.h"
#include "text.h"

static size_t text_len (const pk_Text *t) {
  assert(t->len + 1 < t->size); /* nothing was cut */
  return t->len;
}

static int hexdigit (char c) {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  if ('A' <= c && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* --- IPv4: four decimal numbers with dots (RFC 6943, section 3.1.1, the strict form) */

/* By hand, since a field is read as text for each frame: 255.255.255.255 is the longest. */
static size_t ipv4_format (const uint8_t *value, char text[PK_CODEC_TEXT]) {
  char *p = text;
  int k;
  for (k = 0; k < 4; k++) {
    unsigned n = value[k];
    if (n >= 100) *p++ = (char)('0' + n / 100);
    if (n >= 10) *p++ = (char)('0' + n / 10 % 10);
    *p++ = (char)('0' + n % 10);
    *p++ = '.';
  }
  *--p = '\0';
  return (size_t)(p - text);
}

static int ipv4_parse (const char *text, size_t len, uint8_t *value) {
  const char *end = text + len;
  int k;
  for (k = 0; k < 4; k++) {
    unsigned n = 0;
    int digits = 0;
    if (k > 0 && (text == end || *text++ != '.')) return 0;
    while (text < end && '0' <= *text && *text <= '9') {
      if (digits > 0 && n == 0) return 0; /* "01": octal to some readers */
      n = n * 10 + (unsigned)(*text++ - '0');
      if (++digits > 3 || n > 255) return 0;
    }
    if (digits == 0) return 0;
    value[k] = (uint8_t)n;
  }
  return text == end;
}

/* --- IPv6: read by RFC 4291, section 2.2; written by RFC 5952 */

static size_t ipv6_format (const uint8_t *value, char text[PK_CODEC_TEXT]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  pk_Text t = pk_text_begin(text, PK_CODEC_TEXT);
  unsigned group[8];
  int k, run = 0, best = -1, bestlen = 1; /* the longest run of zeros, the first of equals, from 2 on */
  if (memcmp(value, mapped, sizeof(mapped)) == 0) { /* section 5 */
    char tail[PK_CODEC_TEXT];
    ipv4_format(value + 12, tail);
    pk_text_add(&t, "::ffff:");
    pk_text_add(&t, tail);
    return text_len(&t);
  }
  for (k = 0; k < 8; k++) {
    group[k] = (unsigned)value[2 * k] << 8 | value[2 * k + 1];
    run = group[k] == 0 ? run + 1 : 0;
    if (run > bestlen) {
      best = k - run + 1;
      bestlen = run;
    }
  }
  for (k = 0; k < 8; k++) {
    if (k == best) {
      pk_text_add(&t, "::");
      k += bestlen - 1;
    }
    else {
      if (k > 0 && !(best >= 0 && k == best + bestlen)) pk_text_add(&t, ":");
      pk_text_hex(&t, group[k], 1);
    }
  }
  return text_len(&t);
}

static int ipv6_parse (const char *text, size_t len, uint8_t *value) {
  const char *end = text + len;
  uint8_t bytes[16] = {0};
  int n = 0, gap = -1; /* bytes read, and where "::" stood among them */
  if (len >= 2 && text[0] == ':' && text[1] == ':') {
    gap = 0;
    text += 2;
  }
  while (text < end) {
    unsigned group = 0;
    int digits = 0, digit;
    const char *start = text;
    if (n > 14) return 0;
    while (text < end && (digit = hexdigit(*text)) >= 0) {
      if (++digits > 4) return 0;
      group = group << 4 | (unsigned)digit;
      text++;
    }
    if (text < end && *text == '.') { /* an IPv4 address ends it */
      if (n > 12 || !ipv4_parse(start, (size_t)(end - start), bytes + n)) return 0;
      n += 4;
      text = end;
      break;
    }
    if (digits == 0) return 0;
    bytes[n++] = (uint8_t)(group >> 8);
    bytes[n++] = (uint8_t)group;
    if (text == end) break;
    if (*text++ != ':' || text == end) return 0;
    if (*text == ':') {
      if (gap >= 0) return 0;
      gap = n;
      text++;
    }
  }
  if (gap < 0 ? n != 16 : n > 14) return 0; /* "::" stands for at least one group */
  if (gap < 0) gap = n;
  memset(value, 0, 16);
  memcpy(value, bytes, (size_t)gap);
  memcpy(value + 16 - (n - gap), bytes + gap, (size_t)(n - gap));
  return 1;
}

/* --- IEEE 802 MAC addresses: six groups of hexadecimal digits, with ':' or '-' */

static size_t mac_format (const uint8_t *value, char text[PK_CODEC_TEXT]) {
  static const char digits[] = "0123456789abcdef";
  char *p = text;
  int k;
  for (k = 0; k < 6; k++) {
    *p++ = digits[value[k] >> 4];
    *p++ = digits[value[k] & 15];
    *p++ = ':';
  }
  *--p = '\0';
  return (size_t)(p - text);
}

static int mac_parse (const char *text, size_t len, uint8_t *value) {
  const char *end = text + len;
  char separator = '\0';
  int k;
  for (k = 0; k < 6; k++) {
    int high, low;
    if (k > 0) {
      if (text == end || (*text != ':' && *text != '-')) return 0;
      if (k > 1 && *text != separator) return 0;
      separator = *text++;
    }
    if (text == end || (high = hexdigit(*text++)) < 0) return 0;
    if (text < end && (low = hexdigit(*text)) >= 0) {
      high = high << 4 | low;
      text++;
    }
    value[k] = (uint8_t)high;
  }
  return text == end;
}

/* --- EUI-64: eight groups of two hexadecimal digits */

static size_t eui64_format (const uint8_t *value, char text[PK_CODEC_TEXT]) {
  pk_Text t = pk_text_begin(text, PK_CODEC_TEXT);
  int k;
  for (k = 0; k < 8; k++) {
    if (k > 0) pk_text_add(&t, ":");
    pk_text_hex(&t, value[k], 2);
  }
  return text_len(&t);
}

static int eui64_parse (const char *text, size_t len, uint8_t *value) {
  int k;
  if (len != 8 * 3 - 1) return 0;
  for (k = 0; k < 8; k++) {
    int high = hexdigit(text[3 * k]), low = hexdigit(text[3 * k + 1]);
    if (high < 0 || low < 0 || (k < 7 && text[3 * k + 2] != ':')) return 0;
    value[k] = (uint8_t)(high << 4 | low);
  }
  return 1;
}

/* --- bytes as hexadecimal digits */

static int hex_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  size_t k;
  assert(off <= len && size <= len - off);
  (void)len;
  for (k = 0; k < size; k++) pk_text_hex(text, message[off + k], 2);
  return 1;
}

static size_t hex_write (const char *text, size_t len, uint8_t *to, size_t room) {
  size_t k;
  if (len % 2 != 0 || len / 2 > room) return 0;
  for (k = 0; k < len / 2; k++) {
    int high = hexdigit(text[2 * k]), low = hexdigit(text[2 * k + 1]);
    if (high < 0 || low < 0) return 0;
    to[k] = (uint8_t)(high << 4 | low);
  }
  return len / 2;
}

/* --- domain names (RFC 1035, sections 3.1, 4.1.4 and 5.1) */

#define DNS_MAXNAME 255 /* octets of a name, lengths included */
#define DNS_POINTER 0xc0

/* The bytes up to the zero or the pointer that ends it here; 0: not whole, or no name. */
static size_t name_size (const uint8_t *message, size_t len, size_t off, int pointers) {
  size_t at = off;
  while (at < len) {
    uint8_t n = message[at];
    if (n == 0) return at + 1 - off;
    if ((n & DNS_POINTER) == DNS_POINTER) return pointers && len - at >= 2 ? at + 2 - off : 0;
    if ((n & DNS_POINTER) != 0) return 0;
    if (at - off + 1 + n > DNS_MAXNAME) return 0;
    at += 1 + (size_t)n;
  }
  return 0;
}

static size_t dnsname_measure (const uint8_t *message, size_t len, size_t off) {
  return name_size(message, len, off, 1);
}

static size_t dnsnameplain_measure (const uint8_t *message, size_t len, size_t off) {
  return name_size(message, len, off, 0);
}

static void print_label (pk_Text *text, const uint8_t *p, size_t n) {
  size_t k;
  for (k = 0; k < n; k++) {
    char c = (char)p[k];
    if (p[k] <= ' ' || p[k] >= 0x7f) {
      char escape[4];
      escape[0] = '\\';
      escape[1] = (char)('0' + p[k] / 100);
      escape[2] = (char)('0' + p[k] / 10 % 10);
      escape[3] = (char)('0' + p[k] % 10);
      pk_text_addn(text, escape, 4);
      continue;
    }
    if (c == '.' || c == '\\') pk_text_add(text, "\\");
    pk_text_addn(text, &c, 1);
  }
}

/* Follows pointers, each of which must go before the part that holds it: so it ends. */
static int dnsname_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  size_t at = off, part = off, total = 0;
  (void)size;
  for (;;) {
    uint8_t n;
    if (at >= len) return 0;
    n = message[at];
    if (n == 0) break;
    if ((n & DNS_POINTER) == DNS_POINTER) {
      size_t to;
      if (len - at < 2) return 0;
      to = (size_t)(n & ~DNS_POINTER) << 8 | message[at + 1];
      if (to >= part) return 0;
      at = part = to;
      continue;
    }
    if ((n & DNS_POINTER) != 0 || n > len - at - 1 || (total += 1 + (size_t)n) >= DNS_MAXNAME) return 0;
    if (total > 1 + (size_t)n) pk_text_add(text, ".");
    print_label(text, message + at + 1, n);
    at += 1 + (size_t)n;
  }
  if (total == 0) pk_text_add(text, ".");
  return 1;
}

/* Reads one character of a label, escapes resolved; -1 at a dot or the end. */
static int label_char (const char **text, const char *end) {
  const char *p = *text;
  int k, n = 0;
  if (p == end || *p == '.') return -1;
  if (*p != '\\') {
    *text = p + 1;
    return (uint8_t)*p;
  }
  if (end - p >= 4 && '0' <= p[1] && p[1] <= '9') {
    for (k = 1; k <= 3; k++) {
      if (p[k] < '0' || p[k] > '9') return -2;
      n = n * 10 + (p[k] - '0');
    }
    *text = p + 4;
    return n <= 255 ? n : -2;
  }
  if (end - p < 2) return -2;
  *text = p + 2;
  return (uint8_t)p[1];
}

/* A name in full: the zero ends it. */
static size_t dnsname_write (const char *text, size_t len, uint8_t *to, size_t room) {
  const char *end = text + len;
  size_t used = 0;
  if (len == 1 && text[0] == '.') text++;
  while (text < end) {
    size_t start = used++;
    int c;
    if (room < used || used > DNS_MAXNAME) return 0;
    while ((c = label_char(&text, end)) >= 0) {
      if (used - start > 63 || used >= room) return 0;
      to[used++] = (uint8_t)c;
    }
    if (c == -2 || used - start < 2) return 0; /* a bad escape, or an empty label */
    to[start] = (uint8_t)(used - start - 1);
    if (text < end) text++;
  }
  if (used >= room || used >= DNS_MAXNAME) return 0;
  to[used++] = 0;
  return used;
}

static const pk_Codec codecs[] = {
  {"ipv4", 4, 1, ipv4_format, ipv4_parse, NULL, NULL, NULL, NULL, PK_ADDRESS_IPV4},
  {"ipv6", 16, 0, ipv6_format, ipv6_parse, NULL, NULL, NULL, NULL, PK_ADDRESS_IPV6},
  {"mac", 6, 1, mac_format, mac_parse, NULL, NULL, NULL, NULL, PK_ADDRESS_MAC},
  {"eui64", 8, 0, eui64_format, eui64_parse, NULL, NULL, NULL, NULL, PK_ADDRESS_EUI64},
  {"hex", 0, 0, NULL, NULL, NULL, hex_print, NULL, hex_write, PK_ADDRESS_NONE},
  {"dnsname", 0, 0, NULL, NULL, dnsname_measure, dnsname_print, NULL, dnsname_write, PK_ADDRESS_NONE},
  {"dnsnameplain", 0, 0, NULL, NULL, dnsnameplain_measure, dnsname_print, NULL, dnsname_write, PK_ADDRESS_NONE},
  {"time", 4, 1, pk_time_format, pk_time_parse, NULL, NULL, NULL, NULL, PK_ADDRESS_NONE},
  {"decimal", 0, 1, NULL, NULL, NULL, pk_decimal_print, NULL, pk_decimal_write, PK_ADDRESS_NONE},
  {"quicint", 0, 1, NULL, NULL, pk_quicint_measure, pk_quicint_print, pk_quicint_value, pk_quicint_write, PK_ADDRESS_NONE},
  {"berlength", 0, 1, NULL, NULL, pk_berlength_measure, pk_berlength_print, pk_berlength_value, pk_berlength_write, PK_ADDRESS_NONE},
  {"asn1int", 0, 1, NULL, NULL, pk_asn1int_measure, pk_asn1int_print, pk_asn1int_value, pk_asn1int_write, PK_ADDRESS_NONE},
};

const pk_Codec *pk_codec_find (const char *name) {
  size_t k;
  for (k = 0; k < sizeof(codecs) / sizeof(codecs[0]); k++)
    if (strcmp(codecs[k].name, name) == 0) return &codecs[k];
  return NULL;
}
