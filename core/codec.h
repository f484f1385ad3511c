/*
** codec.h: the text forms of fields, words of `format`. One table in codec.c lists them.
*/
#ifndef pktcraft_codec_h
#define pktcraft_codec_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "text.h"

PK_BEGIN

/* Room for the text of any codec, its '\0' included. */
#define PK_CODEC_TEXT 48

/* Whose values are addresses: of what kind. */
typedef enum pk_AddressKind { PK_ADDRESS_NONE, PK_ADDRESS_IPV4, PK_ADDRESS_IPV6, PK_ADDRESS_MAC, PK_ADDRESS_EUI64 } pk_AddressKind;

typedef struct pk_Codec {
  const char *name;
  size_t size; /* bytes of a value; 0: as many as it has */
  int number;  /* an integer is a way to write it (big-endian), and without constant size the way to read it */
  /* Writes the text of the `size` bytes at `value`; returns its length, without the '\0'. */
  size_t (*format) (const uint8_t *value, char text[PK_CODEC_TEXT]);
  /* Reads `len` characters of text into `size` bytes; returns 1, or 0 when it is no such text. */
  int (*parse) (const char *text, size_t len, uint8_t *value);
  /*
  ** Of a value that tells its own size: the bytes that it takes at `off` of a message of `len` bytes,
  ** or 0 when it is not whole and right. Its text may need the message's other bytes.
  */
  size_t (*measure) (const uint8_t *message, size_t len, size_t off);
  int (*print) (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text);
  /* The value of a number that tells its own size, all of its bytes being there; or NULL. */
  uint64_t (*value) (const uint8_t *message, size_t len, size_t off, size_t size);
  /* Writes it for text into `room` bytes; returns the bytes, or 0: no such text. */
  size_t (*write) (const char *text, size_t len, uint8_t *to, size_t room);
  pk_AddressKind address;
} pk_Codec;

/* The codec of that name, or NULL. */
PK_API const pk_Codec *pk_codec_find (const char *name);

PK_END

#endif
