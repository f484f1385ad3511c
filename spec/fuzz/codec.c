/*
** Fuzz target: texts of addresses. What the C library reads we read as the same bytes, but for the
** forms that we refuse; what we write we read back, and so does the C library.
*/
#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "codec.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void check_text (const pk_Codec *codec, int family, const uint8_t *data, size_t size) {
  uint8_t ours[16], theirs[16];
  char text[64];
  int is;
  if (size >= sizeof(text)) return;
  memcpy(text, data, size);
  text[size] = '\0';
  is = codec->parse(text, size, ours);
  if (strlen(text) != size) return; /* the C library would stop at the zero */
  if (family != 0) assert(is == (inet_pton(family, text, theirs) == 1));
  if (family != 0 && is) assert(memcmp(ours, theirs, codec->size) == 0);
}

static void check_value (const pk_Codec *codec, int family, const uint8_t *value) {
  uint8_t back[16];
  char text[PK_CODEC_TEXT];
  size_t len = codec->format(value, text);
  assert(len == strlen(text) && len < sizeof(text));
  assert(codec->parse(text, len, back) && memcmp(back, value, codec->size) == 0);
  if (family != 0) assert(inet_pton(family, text, back) == 1 && memcmp(back, value, codec->size) == 0);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const pk_Codec *four = pk_codec_find("ipv4"), *six = pk_codec_find("ipv6"), *mac = pk_codec_find("mac");
  check_text(four, AF_INET, data, size);
  check_text(six, AF_INET6, data, size);
  check_text(mac, 0, data, size);
  if (size >= 16) {
    check_value(four, AF_INET, data);
    check_value(six, AF_INET6, data);
    check_value(mac, 0, data);
  }
  return 0;
}
