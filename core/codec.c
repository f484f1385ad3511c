/*
** codec.c: addresses as text. What is read is what is written and no more: no octal, no missing
** parts, no scope identifiers.
*/
#include "codec.h"

#include <assert.h>
#include <string.h>

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

static const pk_Codec codecs[] = {
  {"ipv4", 4, 1, ipv4_format, ipv4_parse},
  {"ipv6", 16, 0, ipv6_format, ipv6_parse},
  {"mac", 6, 1, mac_format, mac_parse},
};

const pk_Codec *pk_codec_find (const char *name) {
  size_t k;
  for (k = 0; k < sizeof(codecs) / sizeof(codecs[0]); k++)
    if (strcmp(codecs[k].name, name) == 0) return &codecs[k];
  return NULL;
}
