/*
** codecnum.h: text forms of numbers, for the table in codec.c: their functions are as codec.h says.
*/
#ifndef pktcraft_codecnum_h
#define pktcraft_codecnum_h

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

size_t pk_time_format (const uint8_t *value, char text[PK_CODEC_TEXT]);
int pk_time_parse (const char *text, size_t len, uint8_t *value);

int pk_decimal_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text);
size_t pk_decimal_write (const char *text, size_t len, uint8_t *to, size_t room);

size_t pk_quicint_measure (const uint8_t *message, size_t len, size_t off);
int pk_quicint_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text);
size_t pk_quicint_write (const char *text, size_t len, uint8_t *to, size_t room);

uint64_t pk_quicint_value (const uint8_t *message, size_t len, size_t off, size_t size);

size_t pk_berlength_measure (const uint8_t *message, size_t len, size_t off);
int pk_berlength_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text);
uint64_t pk_berlength_value (const uint8_t *message, size_t len, size_t off, size_t size);
size_t pk_berlength_write (const char *text, size_t len, uint8_t *to, size_t room);

uint64_t pk_asn1int_value (const uint8_t *message, size_t len, size_t off, size_t size);
size_t pk_asn1int_measure (const uint8_t *message, size_t len, size_t off);
int pk_asn1int_print (const uint8_t *message, size_t len, size_t off, size_t size, pk_Text *text);
size_t pk_asn1int_write (const char *text, size_t len, uint8_t *to, size_t room);

#endif
