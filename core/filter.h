/*
** filter.h: expressions over the fields of layouts, compiled to a program that is asked of each frame, and
** columns: values that are read of the frames that it takes. The language: the manual, chapter 3.
*/
#ifndef pktcraft_filter_h
#define pktcraft_filter_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "bind.h"
#include "layout.h"
#include "text.h"

PK_BEGIN

#define PK_FILTER_MAXTEXT ((size_t)1 << 20) /* characters of an expression */
#define PK_FILTER_MAXDEPTH 128              /* parentheses in parentheses, operators in operators */
#define PK_FILTER_MAXCOLUMNS 64

/* What the names in an expression stand for. */
typedef struct pk_FilterNames {
  const pk_Layout *const *layouts; /* which must outlive the filter */
  size_t nlayouts;
  /* The `k`-th value (from 0 on) that has a name in a shared list: 1, or 0: there are no more. May be NULL. */
  int (*value) (void *arg, const char *list, const char *name, size_t len, uint32_t k, int64_t *value);
  /* What a display filter's name stands for: "layer.field", several with spaces between; or NULL. May be NULL. */
  const char *(*display) (void *arg, const char *name, size_t len);
  void *arg;
} pk_FilterNames;

typedef struct pk_Filter pk_Filter;
typedef struct pk_FilterState pk_FilterState;

/*
** Compiles `len` characters (NULL: all frames), and columns: paths to values; with `first` it takes but frames that
** have the first column. `names` NULL: those of the shipped layouts. NULL with an error text of PK_ERRSIZE bytes. A
** filter is one thread's.
*/
PK_API pk_Filter *pk_filter_compile (const pk_FilterNames *names, const char *text, size_t len,
                                     const char *const *columns, uint32_t ncolumns, int first, char *err);

PK_API void pk_filter_free (pk_Filter *f);

/* A frame that is asked of. */
typedef struct pk_FilterFrame {
  const uint8_t *bytes;
  size_t len, wirelen; /* captured, and on the wire: no less is taken than `len` */
  int64_t time;        /* ns */
  int hastime;
  uint64_t number;     /* from 1 on; or 0 */
  uint32_t interface;  /* from 1 on; or 0 */
  int64_t linktype;    /* or -1 */
} pk_FilterFrame;

/*
** What the filter has learnt of frames that begin with layout `first` (NULL: none), their layers found by the
** bindings, which have the number `version`: another one, whenever they are others. NULL: no memory.
*/
PK_API pk_FilterState *pk_filter_state (pk_Filter *f, const pk_Bindings *b, unsigned version, const pk_Layout *first);

/* A counter that goes on when the filter takes a state for another use: those that were given before are none. */
PK_API const uint32_t *pk_filter_epoch (const pk_Filter *f);

/* Whether a frame matches: 1 or 0. */
PK_API int pk_filter_match (pk_FilterState *s, const pk_FilterFrame *frame);

/*
** Whether a look at the first bytes of a frame is enough to tell that it does not match: 1; 0: it is to be asked of.
** `state` is a pk_FilterState.
*/
PK_API int pk_filter_rejects (void *state, const uint8_t *bytes, size_t len);

typedef enum pk_ColumnKind {
  PK_COLUMN_NONE,    /* not there */
  PK_COLUMN_ASK,     /* pk_filter_column knows */
  PK_COLUMN_BOOLEAN,
  PK_COLUMN_INTEGER, /* `n`, two's complement */
  PK_COLUMN_FLOAT,
  PK_COLUMN_BYTES,   /* `len` bytes at `bytes`, in the frame */
  PK_COLUMN_ADDRESS, /* the same, and `codec` has a text form: of up to 8 bytes `n` too */
  PK_COLUMN_TEXT     /* `len` bytes at `bytes`, in the state: a text form */
} pk_ColumnKind;

typedef struct pk_Column {
  pk_ColumnKind kind;
  uint64_t n;
  double d;
  const uint8_t *bytes;
  size_t len;
  const pk_Codec *codec;
  const pk_Field *field; /* whose names it has, or NULL */
} pk_Column;

/*
** The values of all columns of the frame that was asked last, and matched; those that take more than a load are of kind
** PK_COLUMN_ASK, and the second function gives them one by one: each is good until the next is asked for.
*/
PK_API void pk_filter_columns (pk_FilterState *s, pk_Column *values);
PK_API void pk_filter_column (pk_FilterState *s, uint32_t k, pk_Column *value);

/* Writes the program as text, a piece at a time. */
PK_API void pk_filter_dump (const pk_Filter *f, void (*write) (void *arg, const char *text, size_t len), void *arg);

PK_END

#endif
