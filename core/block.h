/*
** block.h: the block that holds a layout, in which it is made: compile.c.
*/
#ifndef pktcraft_block_h
#define pktcraft_block_h

#include <stddef.h>

#include "layout.h"

/* What is left of a block. pk_layout_need has counted all that is taken. */
typedef struct pk_Block {
  char *at, *end;
} pk_Block;

/* Ops that a definition may give, its members' and cases left out. */
#define PK_BLOCK_OPS 6

/* Zeroed bytes of the block. */
void *pk_block_take (pk_Block *b, size_t n);

/* Copies in the block: a text, an array of texts, the words of a field (NULL: none was said). */
const char *pk_block_text (pk_Block *b, const char *s);
const char *const *pk_block_texts (pk_Block *b, const char *const *list, size_t n);
const pk_Words *pk_block_words (pk_Block *b, const pk_Words *w);

/* Whether any word is given. */
int pk_words_said (const pk_Words *w);

/*
** Finds what may stand on a layout that has been compiled, and what flows ask of it; `list` is room for twice
** PK_LAYOUT_MAXABOVE numbers in its block.
*/
void pk_layout_stand (pk_Layout *l, uint32_t *list);

#endif
