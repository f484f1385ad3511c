/*
** layout.h: layouts, tables of named fields over bytes. A layout is immutable and lies in one block,
** so threads may share it; its names are bytes. walk.h reads what has no constant place.
*/
#ifndef pktcraft_layout_h
#define pktcraft_layout_h

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "api.h"
#include "codec.h"

PK_BEGIN

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
  PK_ARRAY,   /* elements of one constant size, their number constant */
  PK_LIST,    /* elements to the end of a region, of a length or of a count */
  PK_SWITCH,  /* one of several fields, by the value of another */
  PK_PAYLOAD  /* the place of the upper layer */
} pk_Kind;

/* Numbers, booleans and strings: what has no members. */
static inline int pk_kind_isleaf (pk_Kind kind) {
  return kind <= PK_STRING;
}

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

typedef struct pk_Range {
  int64_t min, max;
} pk_Range;

/*
** A condition is an array of tests. All tests of one `group` must hold, of one group at least; groups
** are adjacent. A field that is absent fails the test.
*/
typedef struct pk_TestDef {
  const char *path; /* a key of this struct or of one around it, "list.key", or ".left" */
  int group;
  int negate; /* no range and no name holds */
  const pk_Range *ranges;
  const char *const *names; /* of the field's enum */
  uint32_t nranges, nnames;
} pk_TestDef;

typedef struct pk_CondDef {
  const pk_TestDef *tests;
  uint32_t n; /* 0: no condition */
} pk_CondDef;

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
  const char *role, *pick;
  const char *counts; /* the key of the list whose elements it counts */
  const char *layout; /* of a string: what its bytes are shown as */
  uint32_t nexthash, hinthash; /* pk_space_hash of next and hint; made when built */
} pk_Words;

/* A number that stands for the name of a space; 0 for NULL. */
static inline uint32_t pk_space_hash (const char *space) {
  uint32_t h = 2166136261u;
  if (space == NULL) return 0;
  while (*space != '\0') h = (h ^ (uint8_t)*space++) * 16777619u;
  return h | 1;
}

/* A place under which a layout stands: the values min to max of a space. */
typedef struct pk_Under {
  const char *space;
  int64_t min, max;
} pk_Under;

/* A case of a switch: `field` counts in the switch's fields; `other` takes all values. */
typedef struct pk_CaseDef {
  int64_t value;
  int other;
  uint32_t field;
} pk_CaseDef;

/* A field as a table says it. Strings are the caller's until pk_layout_build returns. */
typedef struct pk_Def {
  const char *key; /* NULL: padding, or members that belong to the parent */
  const char *const *aliases;
  uint32_t naliases;
  pk_Kind kind;
  uint64_t bits;  /* size of a number, boolean or string; 0: a string to the end of the header */
  int bytes;      /* the size was given in bytes: it begins with a whole one */
  int sign;       /* numbers in two's complement */
  int real;       /* numbers of IEEE 754, 32 or 64 bits */
  uint64_t count; /* of an array */
  pk_Endian endian;
  const char *format;
  const struct pk_Def *fields; /* members; of an array or list the one element; of a switch the cases */
  size_t nfields;
  const pk_Words *words; /* or NULL: none is said */
  pk_CondDef when;
  pk_CondDef stop;         /* of a list: on an element after which it ends */
  pk_Value terminator;     /* of a string: the byte or bytes that end it */
  const char *part;        /* of a list: the part that is its element */
  const char *selector;    /* of a switch: the path of the field tested */
  const pk_CaseDef *cases; /* of a switch */
  uint32_t ncases;
  uint32_t align; /* bytes; 0: none; of a list's element: of each */
  uint32_t room;  /* of a list: the bytes that it takes; 0: not said */
  uint8_t fill;
  int peek;
  int guess;         /* endian: the reading that is smaller */
  const char *upper; /* of a payload: a fixed layout, or NULL */
  int quoted;        /* of a payload: never fixed nor verified */
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
  const char *line, *about;
  pk_CondDef when, follow, fragment;
  int stream; /* its payload is a piece of a stream */
  const pk_Def *parts; /* structs by key, each with its own members */
  size_t nparts;
} pk_LayoutDef;

/* A test, its field found. */
typedef struct pk_Test {
  const struct pk_Field *field;  /* or NULL: the bytes left in the region */
  const struct pk_Field *member; /* of the list `field`: of its first element that has it; or NULL */
  const pk_Range *ranges;
  uint32_t nranges;
  uint8_t up; /* structs to go out by */
  uint8_t negate;
  uint8_t last; /* ends its group */
} pk_Test;

typedef struct pk_Cond {
  const pk_Test *tests;
  uint32_t n;
} pk_Cond;

/* What a field does to a walk that passes it. */
enum {
  PK_ACT_HEADER = 1,  /* its value is the header's length */
  PK_ACT_TOTAL = 2,
  PK_ACT_PAYLOAD = 4,
  PK_ACT_REST = 8,
  PK_ACT_NEXT = 16,   /* names the upper layer */
  PK_ACT_HINT = 32,
  PK_ACT_CHECK = 64   /* equal, min or max */
};

/* How a number at a constant place is loaded: eight bytes from byte `byte` on, shifted and masked. */
typedef struct pk_Load {
  uint64_t mask; /* 0: not this way */
  uint32_t byte;
  uint8_t shift;
  uint8_t little; /* whole bytes in that order */
} pk_Load;

typedef struct pk_Field {
  const char *key; /* "" is an array's or list's element */
  const char *const *aliases;
  const struct pk_Layout *sub; /* members of a struct or union; of an array or list one field, the element */
  const pk_Codec *codec;       /* or NULL */
  const pk_Words *words;       /* or NULL */
  const struct pk_Field *alt;  /* the next field of that key: in another case, or under another condition */
  const struct pk_Field *sizer, *counter; /* that say its size in bytes and its elements, or NULL */
  pk_Cond stop;
  const pk_Cond *when; /* its own condition, or NULL */
  pk_Load load;
  uint32_t first; /* the index of the first field of that key in its layout */
  uint32_t naliases;
  uint32_t offset; /* bits, from the begin of the layout that the field is in, when `placed` */
  uint32_t bits;   /* 0: its size has to be walked for */
  uint32_t count;  /* elements of an array, `stride` bits apart */
  uint32_t stride;
  uint32_t align;    /* bytes; 0: none */
  uint32_t eachalign; /* the same of a list's elements */
  uint32_t room;     /* of a list: the bytes that it takes; 0: not said */
  const uint8_t *ends; /* of a string: the bytes that end it, `nends` of them */
  uint8_t nends;
  uint8_t kind;      /* pk_Kind */
  uint8_t little;    /* byte and bit order */
  uint8_t sign;
  uint8_t real;
  uint8_t bytes; /* begins at a whole byte by its own word */
  uint8_t placed; /* where `when` holds, it stands at `offset` */
  uint8_t fixed;  /* placed, and always there */
  uint8_t peek, guess, fill;
  uint8_t ending; /* of a list: it ends with the element at which it stops, and what follows goes on there */
  uint8_t slot;               /* 1 to PK_LAYOUT_MAXSLOTS: a walk keeps its value there; 0: nobody asks */
  uint8_t acts;               /* PK_ACT_... */
} pk_Field;

/* A number that tells its own size. */
static inline int pk_field_tells (const pk_Field *f) {
  return f->bits == 0 && f->codec != NULL && f->codec->value != NULL;
}

/* A number that is a checksum. */
static inline int pk_field_issum (const pk_Field *f) {
  return f->words != NULL && f->words->sum != NULL && f->kind == PK_NUMBER;
}

#define PK_LAYOUT_MAXSLOTS 12 /* of one struct: fields of no constant place that others ask for */

#define PK_LAYOUT_MAXABOVE 8
#define PK_LAYOUT_MAXUNIONS 4 /* unions in unions */

typedef struct pk_Layout {
  const char *name;
  const pk_Field *fields; /* in the order of the table */
  const struct pk_Op *ops; /* of ops.h */
  uint32_t nfields, nops;
  uint32_t bits;     /* of all fields that are fixed */
  uint32_t firstop;  /* the first op after them, */
  uint32_t trailer;  /* bits of fields after the payload */
  uint8_t constant;  /* there are no others: `bits` is the size */
  uint8_t closed;    /* its last field takes what is left */
  uint8_t slots;     /* in use */
  uint8_t acts;      /* of its fields, or'ed */
  uint8_t placedacts; /* of its placed fields */
  uint8_t stream;    /* its payload is a piece of a stream: what stands above may begin and end elsewhere */
  uint8_t top;       /* it takes its whole region, and nothing stands above it */
  uint8_t bit;       /* in sets of layouts, 0 to 63: those that carry others have different ones, up to 48 of them */
  /* What flows and pseudo-headers ask: the one field of a role, which is fixed, or NULL; */
  const pk_Field *source, *destination;
  const pk_Field *sum; /* the one checksum, which is fixed, or NULL; */
  uint8_t nsums;    /* how many it has */
  uint8_t addressed; /* kinds of addresses that fields have, in lists too: 1 << pk_AddressKind */
  uint8_t roles;    /* which roles fields have: 1 source, 2 destination */
  int16_t ipproto;  /* its number in the space of IP protocols, or -1 */
  const pk_Field *sport, *dport; /* 16-bit fields that name the upper layer in one space, a hint and its value; or NULL */
  const pk_Field *header; /* the placed field that says the header's length, or NULL */
  const struct pk_Verbs *verbs; /* its program of loads, or NULL: it has to be walked over */
  const uint32_t *above; /* the spaces in which what stands above is looked for, by pk_space_hash; up to MAXABOVE, */
  uint32_t nabove;       /* which stands for any number */
  const uint32_t *named; /* the layouts that stand above by their name, by pk_space_hash; as many at most */
  uint32_t nnamed;
  const pk_Under *under;
  const uint32_t *links;
  uint32_t nunder, nlinks;
  const char *line, *about; /* or NULL: the print of one line, what it is and where it stands */
  pk_Cond when, follow, fragment;
} pk_Layout;

/* The bytes that a layout made of `def` may take. */
PK_API size_t pk_layout_need (const pk_LayoutDef *def);

/*
** Builds a layout in `size` bytes at `block` (as pk_layout_need says, aligned as malloc does), which
** holds all of it. Returns it, or NULL with an error text of PK_ERRSIZE bytes that names layout and
** field.
*/
PK_API const pk_Layout *pk_layout_build (const pk_LayoutDef *def, void *block, size_t size, char *err);

/* Loads a number; all eight bytes are there. */
static inline uint64_t pk_load (const uint8_t *base, const pk_Load *l) {
  const uint8_t *p = base + l->byte;
  uint64_t v;
#if defined(__GNUC__) && defined(__BYTE_ORDER__)
  memcpy(&v, p, sizeof(v));
  if (l->little != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)) v = __builtin_bswap64(v);
#else
  unsigned k;
  for (v = 0, k = 0; k < 8; k++) v = v << 8 | p[l->little ? 7 - k : k];
#endif
  return v >> l->shift & l->mask;
}

/* The field of that key or alias, or NULL. */
PK_API const pk_Field *pk_layout_field (const pk_Layout *l, const char *key);

/*
** What an error says after a word of `len` bytes that is no field: "; did you mean 'ttl'?" by the nearest key or alias, or
** nothing where none is near. Gives `buffer`.
*/
#define PK_NEAR_TEXT 80
PK_API const char *pk_layout_near (const pk_Layout *l, const char *word, size_t len, char buffer[PK_NEAR_TEXT]);

/* --- reading and writing; `base` is the bit at which the field's layout begins in `len` bytes */

/* Bit `bit` of the memory holds the field's begin; 1 when all of it lies inside, else 0. */
static inline int pk_field_inside (const pk_Field *f, uint64_t base, size_t len, uint64_t *bit) {
  uint64_t first = base + f->offset, off = first / 8, n = (first % 8 + f->bits + 7) / 8;
  *bit = first;
  return off <= len && n <= len - off;
}

/* 1 with the value of a number or boolean (two's complement extended; of `guess` the smaller), or 0: not inside. */
PK_API int pk_field_getnumber (const pk_Field *f, const uint8_t *bytes, size_t len, uint64_t base,
                               uint64_t *value);

/* 1, or 0: not inside, and nothing is written. Bits of `value` beyond the field's are dropped. */
PK_API int pk_field_setnumber (const pk_Field *f, uint8_t *bytes, size_t len, uint64_t base,
                               uint64_t value);

/* 1 when a value lies in one of `n` ranges. */
static inline int pk_ranges_have (const pk_Range *r, uint32_t n, int64_t value) {
  uint32_t k;
  for (k = 0; k < n; k++)
    if (r[k].min <= value && value <= r[k].max) return 1;
  return 0;
}

/* 1 when an integer fits a number field; `value` is its two's complement. */
PK_API int pk_field_fits (const pk_Field *f, int64_t value);

/*
** Where the header ends, in bytes from its begin, as its length field says, or SIZE_MAX without such
** a field; 0 when that field is not inside. `base` is the layout's.
*/
PK_API size_t pk_layout_headerend (const pk_Layout *l, const uint8_t *bytes, size_t len,
                                   uint64_t base);

PK_END

#endif
