/*
** ftree.h: what an expression is made of, from text to program: flex.c reads tokens, fparse.c makes a tree of
** them, fpath.c finds what names stand for, fcheck.c types and constants, fcode.c the program that frun.c runs.
*/
#ifndef pktcraft_ftree_h
#define pktcraft_ftree_h

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "getter.h"
#include "packet.h"
#include "regex.h"
#include "shape.h"

/* --- memory: blocks that are freed together */

typedef struct pk_Arena {
  struct pk_ArenaBlock {
    struct pk_ArenaBlock *next;
  } *blocks;
  char *at, *end;
} pk_Arena;

void pk_arena_free (pk_Arena *a);

/* --- tokens */

typedef enum pk_FToken {
  FT_END, FT_NAME, FT_INTEGER, FT_FLOAT, FT_STRING, FT_ADDRESS, /* names: words with dots and '#' */
  FT_AND, FT_OR, FT_NOT, FT_IN, FT_CONTAINS, FT_MATCHES, FT_TRUE, FT_FALSE,
  FT_EQ, FT_NE, FT_LT, FT_LE, FT_GT, FT_GE,
  FT_BOR, FT_BXOR, FT_BAND, FT_SHL, FT_SHR, FT_ADD, FT_SUB, FT_MUL, FT_DIV, FT_IDIV, FT_MOD, FT_BNOT,
  FT_OPEN, FT_CLOSE, FT_LEFT, FT_RIGHT, FT_BEGIN, FT_FINISH, FT_COMMA, FT_COLON, FT_RANGE /* () [] {} , : .. */
} pk_FToken;

typedef struct pk_Compile {
  const pk_FilterNames *names;
  const char *text;
  size_t len, at; /* of the text that is read */
  pk_FToken token;
  size_t begin, end; /* of the token in the text */
  int64_t n;
  int big; /* it is a decimal number over 2^63 */
  double d;
  const char *s; /* of a string, its escapes resolved */
  size_t slen;
  int depth;
  pk_Arena *keep, *temporary; /* what the filter keeps; what goes when it is made */
  const char *what; /* what errors are about: NULL, the expression; else the name of a column */
  char *err;
  jmp_buf failed;
} pk_Compile;

/* Raises an error at a place of the text; the parts end with NULL. */
#if defined(__GNUC__)
__attribute__((noreturn, sentinel))
#endif
void pk_fail (pk_Compile *c, size_t at, ...);

/* Zeroed memory of an arena, or an error. */
void *pk_take (pk_Compile *c, pk_Arena *a, size_t size);

/* The next token. */
void pk_lex (pk_Compile *c);

/* --- what a path leads to */

typedef enum pk_PathKind {
  PATH_LAYER, PATH_FIELD, PATH_PAYLOAD, PATH_PADDING, PATH_FRAME, /* the last three and layers: bytes, or presence */
  PATH_LENGTH, PATH_CAPTURED, PATH_TIME, PATH_NUMBER, PATH_INTERFACE, PATH_LINKTYPE,
  PATH_TRUNCATED, PATH_MALFORMED, PATH_INCOMPLETE, PATH_BADSUM
} pk_PathKind;

#define PK_PATH_MAXSTEPS 10
#define PK_OPEN SIZE_MAX

/* A step to a field, and (lists) to one of its elements, or any: 0. */
typedef struct pk_Step {
  const pk_Field *field; /* the first of its key */
  int32_t element;       /* from 1 on, or from the end: -1 */
} pk_Step;

typedef struct pk_Path {
  pk_PathKind kind;
  const pk_Layout *layout; /* the layer's */
  uint32_t n;              /* which of them, from 1 on */
  uint32_t nsteps;
  pk_Step steps[PK_PATH_MAXSTEPS];
  int sliced;
  size_t offset, length;   /* of the slice; PK_OPEN: to the end */
  int asbytes;             /* a slice of up to 8 bytes is no number here */
  int direct;              /* its field is at a constant place of the layer: `load`, and it ends at byte `end` */
  pk_Load load;
  size_t last;
  struct pk_Path *other;   /* another place where the value may be */
} pk_Path;

typedef enum pk_Type { TYPE_BOOLEAN, TYPE_INTEGER, TYPE_FLOAT, TYPE_BYTES } pk_Type;

/* What is known of a value. */
typedef struct pk_Kindof {
  pk_Type type;
  int isunsigned;         /* an integer of 64 bits, compared so */
  int istime;             /* ns since the epoch */
  const pk_Codec *codec;  /* its text form, or NULL */
  const pk_Field *field;  /* whose names it has, or NULL */
  uint32_t bits;          /* that it can have; 0: not known */
  size_t slice;           /* it is a slice of so many bytes; 0: none */
} pk_Kindof;

/* --- the tree */

typedef enum pk_Tag {
  TAG_OR, TAG_AND, TAG_NOT,                          /* list of operands */
  TAG_COMPARE, TAG_IN, TAG_CONTAINS, TAG_MATCHES,    /* two operands; `op` of comparisons */
  TAG_BINARY, TAG_UNARY,                             /* `op` */
  TAG_INTEGER, TAG_FLOAT, TAG_STRING, TAG_ADDRESS, TAG_BOOLEAN, /* constants; addresses as text */
  TAG_NAME, TAG_PATH,                                /* as written; found */
  TAG_SET, TAG_RANGE                                 /* elements; two ends */
} pk_Tag;

typedef struct pk_Node {
  pk_Tag tag;
  pk_FToken op;
  size_t at, end;          /* in the text */
  struct pk_Node *first, *next;
  int64_t n;
  double d;
  const char *s;           /* of strings, addresses and names, terminated too */
  size_t len;
  int prefix;              /* of addresses: bits, or -1 */
  struct pk_Subscript {    /* of names: [n] and [o:n], each where it stands */
    size_t after;          /* characters of the name before it */
    int colon, open;
    int64_t first, count;
    size_t at;
    struct pk_Subscript *next;
  } *subscripts;
  pk_Path *path;
  pk_Kindof kind;
} pk_Node;

pk_Node *pk_parse (pk_Compile *c);

/* Finds what a name stands for; `number`: as a number it may be another field. Fills in path and kind. */
void pk_path_find (pk_Compile *c, pk_Node *n, int number);

/* Whether a name stands for anything. */
int pk_path_exists (pk_Compile *c, const pk_Node *n);

/* The names near to one: ", did you mean 'x'?", or an empty text. */
typedef struct pk_Near {
  const char *word;
  size_t len;
  char best[PK_LAYOUT_MAXKEY + 1];
  unsigned distance;
} pk_Near;

void pk_near_begin (pk_Near *near, const char *word, size_t len);
void pk_near_try (pk_Near *near, const char *candidate);
const char *pk_near_text (const pk_Near *near, char *buffer, size_t size);

/* --- the program */

/* A constant string, or a range of them. */
typedef struct pk_Strings {
  const uint8_t *low, *high;
  size_t lowlen, highlen;
} pk_Strings;

/* Sorted, and none touches another. Integers are biased so that they compare unsigned. */
typedef struct pk_Set {
  const struct pk_Interval { uint64_t low, high; } *integers;
  const struct pk_Floats { double low, high; } *floats; /* any order */
  const pk_Strings *strings;
  uint32_t n;
} pk_Set;

#define PK_SIGN ((uint64_t)1 << 63)

/* A value while a program runs. Bytes lie in the frame, in the program, or in a buffer of the run. */
typedef struct pk_Val {
  pk_Type type;
  uint64_t n;
  double d;
  const uint8_t *s;
  size_t len;
  const pk_Field *field;  /* that it was read of, or NULL */
  const pk_Codec *codec;  /* of bytes that have a text form of constant size */
} pk_Val;

/* r[to] = r[a] op r[b] */
typedef struct pk_FIns {
  pk_FToken op;
  uint8_t to, a, b;
} pk_FIns;

/* Registers: values of paths from 0 on, then constants, then what was computed. */
#define PK_REG_CONSTANT 64
#define PK_REG_COMPUTED 128
#define PK_REG_MAXPATHS 8
#define PK_REG_MAXCOMPUTED 48

typedef enum pk_AtomKind {
  ATOM_CONSTANT, /* `negate`: false */
  ATOM_LAYER,   /* the layer is there */
  ATOM_DIRECT,  /* a field at a constant place lies in the set */
  ATOM_THERE,   /* a path leads to a value */
  ATOM_TRUE,    /* a path leads to a value that is not zero */
  ATOM_COMPARE, /* registers a and b, by `op` */
  ATOM_IN, ATOM_CONTAINS, ATOM_MATCHES
} pk_AtomKind;

/*
** A test that is true or false: false when a value that it asks for is not there. Registers: first the values of
** paths, then constants, then what the code computes.
*/
typedef struct pk_Atom {
  pk_AtomKind kind;
  pk_FToken op;
  int negate;            /* outside of the set */
  int isunsigned;
  const pk_Path *path;   /* of the kinds that have one */
  pk_Load load;          /* of DIRECT: masked further */
  pk_Set set;
  uint32_t npaths, nconstants, ncode;
  const pk_Path *const *paths;
  const pk_Type *types;  /* that their values must have */
  const pk_Val *constants;
  const pk_FIns *code;
  uint8_t a, b;
  const pk_Regex *regex;
  const char *text;      /* of the expression, for dumps */
  size_t textlen;
  int cost;
} pk_Atom;

#define PK_GO_TRUE (-1)
#define PK_GO_FALSE (-2)
#define PK_GO_SURELY (-3) /* false, and no less so when a value is not there */

typedef struct pk_Branchpoint {
  const pk_Atom *atom;
  int32_t yes, no; /* the next, or PK_GO_... */
} pk_Branchpoint;

typedef struct pk_ColumnDef {
  const pk_Path *path;
  const char *name;
  pk_Kindof kind;
} pk_ColumnDef;

#define PK_FILTER_STATES 8

struct pk_Filter {
  pk_Arena arena;
  const pk_Branchpoint *points;
  uint32_t npoints;
  int32_t begin;
  const pk_ColumnDef *columns;
  uint32_t ncolumns;
  const pk_Layout **wanted; /* the layers that it may ask for */
  uint32_t nwanted;
  pk_Regex *regexes;        /* owned: a list */
  uint32_t epoch;
  pk_FilterState *states[PK_FILTER_STATES]; /* owned; the latest first */
};

/* Order of strings, byte by byte. */
int pk_bytes_compare (const uint8_t *a, size_t n, const uint8_t *b, size_t m);

/* r = a op b of numbers: 1, or 0: a division by zero. */
int pk_calculate (pk_FToken op, const pk_Val *a, const pk_Val *b, pk_Val *r);

/* Types and constants: makes the tree ready for code. */
void pk_check_condition (pk_Compile *c, pk_Node *n);
void pk_check_value (pk_Compile *c, pk_Node *n, int number);

/* --- running */

/* A frame whose layers are found as they are asked for. */
typedef struct pk_Run {
  pk_Packet p;
  const pk_Bindings *b;
  const pk_Layout *first;
  const pk_FilterFrame *frame;
  const pk_Shape *shape; /* that the frame has, or NULL */
  int ready;             /* `p` is begun */
  int wrong;             /* a length is too short for its shape */
  uint32_t left;         /* elements of lists that may be looked at yet */
} pk_Run;

/* Has layers found; 0: the shape was wrong, and the run is to be begun anew. */
int pk_run_ready (pk_Run *r);

/* Calls `visit` with each value of a path, until it gives 1, which is then the result; else 0. */
typedef int (*pk_Visit) (void *arg, const pk_Val *v);
int pk_path_values (pk_Run *r, const pk_Path *path, pk_Visit visit, void *arg);

/* The same of a packet whose layers have been found. */
int pk_path_inpacket (const pk_Packet *p, const pk_Path *path, pk_Visit visit, void *arg);

/* A value as a column; a text form, which lies not in the frame, is copied to PK_GETTER_TEXT bytes. */
void pk_column_set (pk_Column *to, const pk_Val *v, const uint8_t *bytes, size_t len, char *text);

/* What the names of the shipped layouts stand for; NULL: no memory. */
const pk_FilterNames *pk_shipped_names (void);

int pk_atom_holds (pk_Run *r, const pk_Atom *a);

/* Whether a set of plain numbers has one. */
int pk_set_has (const pk_Set *set, uint64_t v);

#endif
