/*
** layout.h: layouts, tables of named fields over bytes. A layout is immutable and lies in one block,
** so threads may share it; its names are bytes.
*/
#ifndef layout_h
#define layout_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "codec.h"

#define PK_LAYOUT_MAXBITS ((uint32_t)1 << 30) /* of a layout */
#define PK_LAYOUT_MAXFIELDS 1024              /* of one struct */
#define PK_LAYOUT_MAXDEPTH 16                 /* of structs in structs */
#define PK_LAYOUT_MAXKEY 40                   /* characters of a key or alias */

typedef enum pk_Kind {
  PK_NUMBER,  /* 1 to 64 bits */
  PK_BOOLEAN, /* 1 to 64 bits: not zero */
  PK_STRING,  /* bytes */
  PK_STRUCT,  /* fields one after the other */
  PK_UNION,   /* fields at one place */
  PK_ARRAY    /* elements of one size */
} pk_Kind;

typedef enum pk_Endian { PK_ENDIAN_NONE, PK_ENDIAN_BIG, PK_ENDIAN_LITTLE } pk_Endian;

/* A value that a table gives: nothing, an integer (booleans too), or bytes. */
typedef struct pk_Value {
  enum { PK_VALUE_NONE, PK_VALUE_INT, PK_VALUE_BYTES } kind;
  int64_t n;
  const char *bytes;
  size_t len;
} pk_Value;

/* A name of a value. */
typedef struct pk_Name {
  int64_t value;
  const char *name;
} pk_Name;

/* The words of a field that say more than where it lies. NULL, 0 and PK_VALUE_NONE: not said. */
typedef struct pk_Words {
  pk_Value initial; /* default */
  pk_Value equal, min, max;
  const char *enumlist;  /* a shared list of names, or */
  const pk_Name *names;  /* enum: names of values, by value */
  const pk_Name *flags;  /* names of bits; value is the bit, from the least significant */
  uint32_t nnames, nflags;
  const char *letters;       /* of flags, in the same order */
  const char *next, *hint;   /* spaces */
  const char *const *length; /* "header", "total", ..., or keys */
  uint32_t nlength;
  pk_Value unit, bias, open;
  const char *sum, *cover;
  pk_Value pseudo, zero;
  const char *role;
} pk_Words;

/* A place under which a layout stands: the values min to max of a space. */
typedef struct pk_Under {
  const char *space;
  int64_t min, max;
} pk_Under;

/* A field as a table says it. Strings are the caller's until pk_layout_build returns. */
typedef struct pk_Def {
  const char *key; /* NULL: padding, or members that belong to the parent */
  const char *const *aliases;
  uint32_t naliases;
  pk_Kind kind;
  uint64_t bits;  /* size of a number, boolean or string; 0: a string to the end of the header */
  int bytes;      /* the size was given in bytes: it begins with a whole one */
  int sign;       /* numbers in two's complement */
  uint64_t count; /* of an array */
  pk_Endian endian;
  const char *format;
  const struct pk_Def *fields; /* members; of an array the one element */
  size_t nfields;
  pk_Words words;
} pk_Def;

typedef struct pk_LayoutDef {
  const char *name;
  pk_Endian endian; /* of fields that do not say; NONE: the machine's */
  const pk_Def *fields;
  size_t nfields;
  const pk_Under *under;
  uint32_t nunder;
  const uint32_t *links;
  uint32_t nlinks;
  const char *line;
} pk_LayoutDef;

typedef struct pk_Field {
  const char *key; /* "" is an array's element */
  const char *const *aliases;
  const struct pk_Layout *sub; /* members of a struct or union; of an array one field, the element */
  const pk_Codec *codec;       /* or NULL */
  const pk_Words *words;       /* or NULL */
  uint32_t naliases;
  uint32_t offset; /* bits, from the begin of the layout that the field is in */
  uint32_t bits;   /* 0: a string to the end of the header */
  uint32_t count;  /* elements of an array, `stride` bits apart */
  uint32_t stride;
  uint8_t kind;   /* pk_Kind */
  uint8_t little; /* byte and bit order */
  uint8_t sign;
  uint8_t bytes; /* begins at a whole byte by its own word */
} pk_Field;

typedef struct pk_Layout {
  const char *name;
  const pk_Field *fields; /* in the order of the table */
  uint32_t nfields;
  uint32_t bits;          /* of all fields with a size */
  const pk_Field *header; /* the field that says length="header", or NULL */
  const pk_Under *under;
  const uint32_t *links;
  uint32_t nunder, nlinks;
  const char *line;
} pk_Layout;

/* The bytes that a layout made of `def` may take. */
PK_API size_t pk_layout_need (const pk_LayoutDef *def);

/*
** Builds a layout in `size` bytes at `block` (as pk_layout_need says, aligned as malloc does), which
** holds all of it. Returns it, or NULL with an error text of PK_ERRSIZE bytes that names layout and
** field.
*/
PK_API const pk_Layout *pk_layout_build (const pk_LayoutDef *def, void *block, size_t size, char *err);

/* The field of that key or alias, or NULL. */
PK_API const pk_Field *pk_layout_field (const pk_Layout *l, const char *key);

/* --- reading and writing; `base` is the bit at which the field's layout begins in `len` bytes */

/* Bit `bit` of the memory holds the field's begin; 1 when all of it lies inside, else 0. */
static inline int pk_field_inside (const pk_Field *f, uint64_t base, size_t len, uint64_t *bit) {
  uint64_t first = base + f->offset, off = first / 8, n = (first % 8 + f->bits + 7) / 8;
  *bit = first;
  return off <= len && n <= len - off;
}

/* 1 with the value of a number or boolean (two's complement extended), or 0: not inside. */
PK_API int pk_field_getnumber (const pk_Field *f, const uint8_t *bytes, size_t len, uint64_t base,
                               uint64_t *value);

/* 1, or 0: not inside, and nothing is written. Bits of `value` beyond the field's are dropped. */
PK_API int pk_field_setnumber (const pk_Field *f, uint8_t *bytes, size_t len, uint64_t base,
                               uint64_t value);

/* 1 when an integer fits a number field; `value` is its two's complement. */
PK_API int pk_field_fits (const pk_Field *f, int64_t value);

/*
** Where the header ends, in bytes from its begin, as its length field says, or SIZE_MAX without such
** a field; 0 when that field is not inside. `base` is the layout's.
*/
PK_API size_t pk_layout_headerend (const pk_Layout *l, const uint8_t *bytes, size_t len,
                                   uint64_t base);

#endif
