/*
** codecnum.c: numbers with forms of their own, as text.
*/
#include "codecnum.h"

#include <string.h>

/* --- time: seconds since 1970, UTC, as RFC 3339 says: 2026-11-23T10:05:00Z */

static int days_of_month (unsigned year, unsigned month) {
  static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month - 1];
}

static void add_two (pk_Text *t, unsigned n, const char *after) {
  const char digits[3] = {(char)('0' + n / 10), (char)('0' + n % 10), '\0'};
  pk_text_add(t, digits);
  pk_text_add(t, after);
}

size_t pk_time_format (const uint8_t *value, char text[PK_CODEC_TEXT]) {
  const uint32_t n = (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 | value[3];
  unsigned days = n / 86400, seconds = n % 86400, year = 1970, month = 1;
  pk_Text t = pk_text_begin(text, PK_CODEC_TEXT);
  while (days >= 365u + (unsigned)(days_of_month(year, 2) - 28)) days -= 365u + (unsigned)(days_of_month(year++, 2) - 28);
  while (days >= (unsigned)days_of_month(year, month)) days -= (unsigned)days_of_month(year, month++);
  pk_text_num(&t, year);
  pk_text_add(&t, "-");
  add_two(&t, month, "-");
  add_two(&t, days + 1, "T");
  add_two(&t, seconds / 3600, ":");
  add_two(&t, seconds / 60 % 60, ":");
  add_two(&t, seconds % 60, "Z");
  return t.len;
}

/* `n` digits of the text; -1: others are among them. */
static int digits_at (const char *text, int n) {
  int value = 0;
  for (; n > 0; n--, text++) {
    if (*text < '0' || *text > '9') return -1;
    value = value * 10 + (*text - '0');
  }
  return value;
}

int pk_time_parse (const char *text, size_t len, uint8_t *value) {
  int year, month, day, hour, minute, second, y, m;
  uint64_t n = 0;
  if (len != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z')
    return 0;
  year = digits_at(text, 4);
  month = digits_at(text + 5, 2);
  day = digits_at(text + 8, 2);
  hour = digits_at(text + 11, 2);
  minute = digits_at(text + 14, 2);
  second = digits_at(text + 17, 2);
  if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 ||
      day > days_of_month((unsigned)year, (unsigned)month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59)
    return 0;
  for (y = 1970; y < year; y++) n += 365u + (unsigned)(days_of_month((unsigned)y, 2) - 28);
  for (m = 1; m < month; m++) n += (unsigned)days_of_month((unsigned)year, (unsigned)m);
  n = ((n + (unsigned)day - 1) * 24 + (unsigned)hour) * 3600 + (unsigned)minute * 60 + (unsigned)second;
  if (n > UINT32_MAX) return 0;
  value[0] = (uint8_t)(n >> 24);
  value[1] = (uint8_t)(n >> 16);
  value[2] = (uint8_t)(n >> 8);
  value[3] = (uint8_t)n;
  return 1;
}

/* --- decimal digits in ASCII */

#define MAXDIGITS 18 /* an integer of Lua's holds them all */

int pk_decimal_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  size_t k;
  (void)len;
  if (size == 0 || size > MAXDIGITS) return 0;
  for (k = 0; k < size; k++)
    if (message[off + k] < '0' || message[off + k] > '9') return 0;
  pk_text_addn(text, (const char *)message + off, size);
  return 1;
}

size_t pk_decimal_write (const char *text, size_t len, uint8_t *to, size_t room) {
  size_t k;
  if (len == 0 || len > room || len > MAXDIGITS) return 0;
  for (k = 0; k < len; k++) {
    if (text[k] < '0' || text[k] > '9') return 0;
    to[k] = (uint8_t)text[k];
  }
  return len;
}

/* An unsigned number of at most 19 digits; 0: it is none. */
static int parse_unsigned (const char *text, size_t len, uint64_t *n) {
  size_t k;
  *n = 0;
  if (len == 0 || len > 19) return 0;
  for (k = 0; k < len; k++) {
    if (text[k] < '0' || text[k] > '9') return 0;
    *n = *n * 10 + (uint64_t)(text[k] - '0');
  }
  return 1;
}

/* --- variable-length integers of QUIC (RFC 9000, section 16): two bits tell the size */

size_t pk_quicint_measure (const uint8_t *message, size_t len, size_t off) {
  size_t size;
  if (off >= len) return 0;
  size = (size_t)1 << (message[off] >> 6);
  return size <= len - off ? size : 0;
}

uint64_t pk_quicint_value (const uint8_t *message, size_t len, size_t off, size_t size) {
  uint64_t n;
  size_t k;
  (void)len;
  for (n = message[off] & 0x3f, k = 1; k < size; k++) n = n << 8 | message[off + k];
  return n;
}

int pk_quicint_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  if (size == 0 || pk_quicint_measure(message, len, off) != size) return 0;
  pk_text_num(text, pk_quicint_value(message, len, off, size));
  return 1;
}

size_t pk_quicint_write (const char *text, size_t len, uint8_t *to, size_t room) {
  uint64_t n;
  size_t size = 1, k;
  unsigned code = 0;
  if (!parse_unsigned(text, len, &n) || n >> 62 != 0) return 0;
  while (size < 8 && n >> (8 * size - 2) != 0) {
    size *= 2;
    code++;
  }
  if (size > room) return 0;
  for (k = size; k-- > 0; n >>= 8) to[k] = (uint8_t)n;
  to[0] |= (uint8_t)(code << 6);
  return size;
}

/* --- lengths of ASN.1's basic encoding rules (X.690, section 8.1.3), of up to 4 octets after the first */

size_t pk_berlength_measure (const uint8_t *message, size_t len, size_t off) {
  size_t more;
  if (off >= len) return 0;
  if ((message[off] & 0x80) == 0) return 1;
  more = message[off] & 0x7f;
  return more >= 1 && more <= 4 && more <= len - off - 1 ? more + 1 : 0;
}

uint64_t pk_berlength_value (const uint8_t *message, size_t len, size_t off, size_t size) {
  uint64_t n = size == 1 ? message[off] : 0;
  size_t k;
  (void)len;
  for (k = 1; k < size; k++) n = n << 8 | message[off + k];
  return n;
}

int pk_berlength_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  if (size == 0 || pk_berlength_measure(message, len, off) != size) return 0;
  pk_text_num(text, pk_berlength_value(message, len, off, size));
  return 1;
}

size_t pk_berlength_write (const char *text, size_t len, uint8_t *to, size_t room) {
  uint64_t n;
  size_t more = 0, k;
  if (!parse_unsigned(text, len, &n) || n > UINT32_MAX) return 0;
  if (n >= 0x80)
    while (n >> 8 * more != 0) more++;
  if (more + 1 > room) return 0;
  to[0] = (uint8_t)(more > 0 ? 0x80 | more : n);
  for (k = more; k > 0; n >>= 8) to[k--] = (uint8_t)n;
  return more + 1;
}

/* --- INTEGER of ASN.1's basic encoding rules (X.690, sections 8.1 and 8.3), of up to 8 octets */

/* Where the octets begin and how many there are; 0: it is none. */
static int asn1_content (const uint8_t *message, size_t len, size_t off, size_t *begin, size_t *n) {
  if (off > len || len - off < 3 || message[off] != 0x02) return 0;
  *n = message[off + 1];
  *begin = off + 2;
  if (*n & 0x80) { /* the long form */
    size_t more = *n & 0x7f;
    if (more < 1 || more > 4 || more > len - *begin) return 0;
    for (*n = 0; more > 0; more--) *n = *n << 8 | message[(*begin)++];
  }
  return *n >= 1 && *n <= 8 && *n <= len - *begin;
}

size_t pk_asn1int_measure (const uint8_t *message, size_t len, size_t off) {
  size_t begin, n;
  return asn1_content(message, len, off, &begin, &n) ? begin + n - off : 0;
}

uint64_t pk_asn1int_value (const uint8_t *message, size_t len, size_t off, size_t size) {
  size_t begin, n, k;
  uint64_t value;
  (void)size;
  if (!asn1_content(message, len, off, &begin, &n)) return 0;
  value = message[begin] & 0x80 ? UINT64_MAX : 0; /* two's complement */
  for (k = 0; k < n; k++) value = value << 8 | message[begin + k];
  return value;
}

int pk_asn1int_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text) {
  size_t begin, n;
  uint64_t value;
  if (!asn1_content(message, len, off, &begin, &n) || begin + n - off != size) return 0;
  value = pk_asn1int_value(message, len, off, size);
  if (value >> 63) {
    pk_text_add(text, "-");
    value = 0 - value;
  }
  pk_text_num(text, value);
  return 1;
}

size_t pk_asn1int_write (const char *text, size_t len, uint8_t *to, size_t room) {
  const int negative = len > 0 && text[0] == '-';
  uint64_t n;
  size_t size = 1, k;
  if (!parse_unsigned(text + negative, len - (size_t)negative, &n)) return 0;
  if (n > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
  if (negative) n = 0 - n;
  while (size < 8) { /* the fewest that keep the sign */
    const uint64_t rest = n >> (8 * size - 1);
    if (rest == 0 || rest == UINT64_MAX >> (8 * size - 1)) break;
    size++;
  }
  if (room < size + 2) return 0;
  to[0] = 0x02;
  to[1] = (uint8_t)size;
  for (k = size; k-- > 0; n >>= 8) to[2 + k] = (uint8_t)n;
  return size + 2;
}
