/*
** ops.h: the program of a layout, which walks run. The library's own, and its Lua modules'.
*/
#ifndef pktcraft_ops_h
#define pktcraft_ops_h

#include "layout.h"

typedef enum pk_Code {
  PK_OP_FIELD,   /* field `p` stands here */
  PK_OP_PAD,     /* `n` bits of nobody; from a whole byte on when `a` */
  PK_OP_TEST,    /* condition `p` must hold, else on with op `n` */
  PK_OP_SWITCH,  /* pk_Switch `p` */
  PK_OP_JUMP,    /* on with op `n` */
  PK_OP_UNION,   /* members begin here */
  PK_OP_MEMBER,  /* the next member begins where the union did */
  PK_OP_TOGETHER, /* the union ends where its longest member did */
  PK_OP_PAYLOAD, /* of layout `p` or NULL; quoted when `a` */
  PK_OP_END
} pk_Code;

typedef struct pk_Op {
  uint8_t code; /* pk_Code */
  uint8_t a;
  uint32_t n;
  const void *p;
} pk_Op;

typedef struct pk_Switch {
  const pk_Field *field;
  const struct pk_Branch {
    int64_t value;
    uint32_t op;
  } *branches; /* by value */
  uint32_t nbranches;
  uint32_t other; /* an op too */
  uint8_t up;
} pk_Switch;

#endif
