/*
** fparse.c: the tree of an expression, by recursive descent.
*/
#include <string.h>

#include "ftree.h"

static pk_Node *parse_or (pk_Compile *c);

/* --- nodes */

static pk_Node *new_node (pk_Compile *c, pk_Tag tag, size_t at) {
  pk_Node *n = (pk_Node *)pk_take(c, c->temporary, sizeof(*n));
  n->tag = tag;
  n->at = at;
  n->end = c->end;
  n->prefix = -1;
  return n;
}

static const char *keep_text (pk_Compile *c, size_t begin, size_t end) {
  char *s = (char *)pk_take(c, c->keep, end - begin + 1);
  memcpy(s, c->text + begin, end - begin);
  return s;
}

/* What the token is called in errors. */
static const char *token_text (pk_Compile *c, char *buffer, size_t size) {
  pk_Text t = pk_text_begin(buffer, size);
  if (c->token == FT_END) return "the end";
  pk_text_add(&t, "'");
  pk_text_addn(&t, c->text + c->begin, c->end - c->begin < 40 ? c->end - c->begin : 40);
  pk_text_add(&t, "'");
  return buffer;
}

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
static void fail_expected (pk_Compile *c, const char *what) {
  char text[64];
  pk_fail(c, c->begin, what, " expected, got ", token_text(c, text, sizeof(text)), NULL);
}

static int accept (pk_Compile *c, pk_FToken token) {
  if (c->token != token) return 0;
  pk_lex(c);
  return 1;
}

static void expect (pk_Compile *c, pk_FToken token, const char *what) {
  if (!accept(c, token)) fail_expected(c, what);
}

static void enter (pk_Compile *c) {
  if (++c->depth > PK_FILTER_MAXDEPTH) pk_fail(c, c->begin, "expression too deep", NULL);
}

/* --- names */

#define MAXNAME 400

static int is_wordchar (int ch) {
  return ('a' <= ch && ch <= 'z') || ('A' <= ch && ch <= 'Z') || ch == '_' || ('0' <= ch && ch <= '9');
}

static int char_at (const pk_Compile *c, size_t k) {
  return k < c->len ? (unsigned char)c->text[k] : -1;
}

static int64_t parse_integer (pk_Compile *c, const char *what) {
  const int negative = accept(c, FT_SUB);
  int64_t n = c->n;
  if (c->token != FT_INTEGER || n < 0) fail_expected(c, what); /* over 2^63 */
  pk_lex(c);
  return negative ? -n : n;
}

/* [n], [o:n] or [o:]; the token is the bracket. */
static void parse_subscript (pk_Compile *c, pk_Node *name, size_t after) {
  struct pk_Subscript *s = (struct pk_Subscript *)pk_take(c, c->temporary, sizeof(*s)), **to = &name->subscripts;
  int n = 0;
  s->after = after;
  s->at = c->begin;
  pk_lex(c);
  s->first = parse_integer(c, "number");
  if (accept(c, FT_COLON)) {
    s->colon = 1;
    if (c->token == FT_RIGHT)
      s->open = 1;
    else
      s->count = parse_integer(c, "number");
  }
  if (c->token != FT_RIGHT) fail_expected(c, "']'");
  for (; *to != NULL; to = &(*to)->next)
    if (++n > PK_PATH_MAXSTEPS) pk_fail(c, s->at, "too many subscripts", NULL);
  *to = s;
}

/*
** A path: words with '.' between, "#2" after the first, subscripts anywhere after one. No spaces. The token is
** its first word; its text is kept without subscripts.
*/
static pk_Node *parse_name (pk_Compile *c) {
  pk_Node *n = new_node(c, TAG_NAME, c->begin);
  char s[MAXNAME + 1], *kept;
  size_t len = 0;
  for (;;) {
    const size_t from = c->begin;
    size_t to = c->end;
    if (len == 0 && char_at(c, to) == '#') {
      to++;
      while ('0' <= char_at(c, to) && char_at(c, to) <= '9') to++;
    }
    if (to - from >= MAXNAME - len) pk_fail(c, n->at, "name too long", NULL);
    memcpy(s + len, c->text + from, to - from);
    len += to - from;
    c->end = c->at = to;
    while (char_at(c, c->end) == '[') {
      pk_lex(c);
      parse_subscript(c, n, len);
    }
    n->end = c->end;
    if (char_at(c, c->end) != '.' || !is_wordchar(char_at(c, c->end + 1)) ||
        ('0' <= char_at(c, c->end + 1) && char_at(c, c->end + 1) <= '9'))
      break;
    s[len++] = '.';
    for (c->begin = c->end + 1, to = c->begin; is_wordchar(char_at(c, to)); to++) continue;
    c->end = to;
  }
  c->at = c->end;
  n->s = kept = (char *)pk_take(c, c->keep, len + 1);
  memcpy(kept, s, len);
  n->len = len;
  pk_lex(c);
  return n;
}

/* --- values */

static pk_Node *parse_address (pk_Compile *c) {
  pk_Node *n = new_node(c, TAG_ADDRESS, c->begin);
  size_t k = c->end;
  n->s = keep_text(c, c->begin, c->end);
  n->len = c->end - c->begin;
  if (char_at(c, k) == '/' && '0' <= char_at(c, k + 1) && char_at(c, k + 1) <= '9') {
    n->prefix = 0;
    for (k++; '0' <= char_at(c, k) && char_at(c, k) <= '9'; k++)
      if (n->prefix < 1000) n->prefix = n->prefix * 10 + (char_at(c, k) - '0');
    if (is_wordchar(char_at(c, k))) pk_fail(c, c->begin, "malformed prefix", NULL);
    c->at = n->end = k;
  }
  pk_lex(c);
  return n;
}

static pk_Node *parse_primary (pk_Compile *c) {
  pk_Node *n;
  size_t at = c->begin;
  switch (c->token) {
    case FT_INTEGER:
      n = new_node(c, TAG_INTEGER, at);
      n->n = c->n;
      n->kind.isunsigned = c->big;
      break;
    case FT_FLOAT:
      n = new_node(c, TAG_FLOAT, at);
      n->d = c->d;
      break;
    case FT_STRING:
      n = new_node(c, TAG_STRING, at);
      n->s = c->s;
      n->len = c->slen;
      break;
    case FT_TRUE:
    case FT_FALSE:
      n = new_node(c, TAG_BOOLEAN, at);
      n->n = c->token == FT_TRUE;
      break;
    case FT_ADDRESS: return parse_address(c);
    case FT_NAME: return parse_name(c);
    case FT_OPEN:
      enter(c);
      pk_lex(c);
      n = parse_or(c);
      if (c->token != FT_CLOSE) fail_expected(c, "')'");
      n->end = c->end;
      c->depth--;
      break;
    default: fail_expected(c, "value");
  }
  pk_lex(c);
  return n;
}

static pk_Node *parse_unary (pk_Compile *c) {
  const size_t at = c->begin;
  pk_Node *n;
  pk_FToken op = c->token;
  if (op != FT_SUB && op != FT_BXOR) return parse_primary(c);
  enter(c);
  pk_lex(c);
  n = new_node(c, TAG_UNARY, at);
  n->op = op == FT_BXOR ? FT_BNOT : op;
  n->first = parse_unary(c);
  n->end = n->first->end;
  c->depth--;
  return n;
}

/* Binary operators from the loosest on, those of one line being one level. */
static const pk_FToken levels[][5] = {
  {FT_BOR, FT_END}, {FT_BXOR, FT_END}, {FT_BAND, FT_END}, {FT_SHL, FT_SHR, FT_END}, {FT_ADD, FT_SUB, FT_END},
  {FT_MUL, FT_DIV, FT_IDIV, FT_MOD, FT_END}
};
#define NLEVELS (sizeof(levels) / sizeof(levels[0]))

static int is_of (pk_FToken token, const pk_FToken *list) {
  for (; *list != FT_END; list++)
    if (*list == token) return 1;
  return 0;
}

/* Left to right, as Lua: a chain makes the tree deep on its left, so it counts. */
static pk_Node *parse_binary (pk_Compile *c, size_t level) {
  pk_Node *left = level + 1 < NLEVELS ? parse_binary(c, level + 1) : parse_unary(c);
  int chain = 0;
  while (is_of(c->token, levels[level])) {
    pk_Node *n = new_node(c, TAG_BINARY, left->at);
    enter(c);
    chain++;
    n->op = c->token;
    pk_lex(c);
    n->first = left;
    left->next = level + 1 < NLEVELS ? parse_binary(c, level + 1) : parse_unary(c);
    n->end = left->next->end;
    left = n;
  }
  c->depth -= chain;
  return left;
}

/* --- comparisons and conditions */

static pk_Node *parse_element (pk_Compile *c) {
  pk_Node *low = parse_binary(c, 0), *range;
  if (c->token != FT_RANGE) return low;
  pk_lex(c);
  range = new_node(c, TAG_RANGE, low->at);
  range->first = low;
  low->next = parse_binary(c, 0);
  range->end = low->next->end;
  return range;
}

static pk_Node *parse_set (pk_Compile *c) {
  pk_Node *set = new_node(c, TAG_SET, c->begin), **to = &set->first;
  if (c->token != FT_BEGIN) {
    set->first = parse_element(c);
    set->end = set->first->end;
    return set;
  }
  pk_lex(c);
  while (c->token != FT_FINISH) {
    *to = parse_element(c);
    to = &(*to)->next;
    if (c->token != FT_FINISH && !accept(c, FT_COMMA)) fail_expected(c, "',' or '}'");
  }
  set->end = c->end;
  pk_lex(c);
  if (set->first == NULL) pk_fail(c, set->at, "empty set", NULL);
  return set;
}

static pk_Node *parse_comparison (pk_Compile *c) {
  pk_Node *left = parse_binary(c, 0), *n;
  const pk_FToken op = c->token;
  static const pk_FToken compares[] = {FT_EQ, FT_NE, FT_LT, FT_LE, FT_GT, FT_GE, FT_END};
  if (!is_of(op, compares) && op != FT_IN && op != FT_CONTAINS && op != FT_MATCHES) return left;
  n = new_node(c, op == FT_IN ? TAG_IN : op == FT_CONTAINS ? TAG_CONTAINS : op == FT_MATCHES ? TAG_MATCHES : TAG_COMPARE,
               left->at);
  n->op = op;
  pk_lex(c);
  n->first = left;
  left->next = op == FT_IN ? parse_set(c) : parse_binary(c, 0);
  n->end = left->next->end;
  if (is_of(c->token, compares) || c->token == FT_IN || c->token == FT_CONTAINS || c->token == FT_MATCHES)
    pk_fail(c, c->begin, "comparisons do not chain; write 'and' between them", NULL);
  return n;
}

static pk_Node *parse_not (pk_Compile *c) {
  const size_t at = c->begin;
  pk_Node *n;
  if (c->token != FT_NOT) return parse_comparison(c);
  enter(c);
  pk_lex(c);
  n = new_node(c, TAG_NOT, at);
  n->first = parse_not(c);
  n->end = n->first->end;
  c->depth--;
  return n;
}

/* Operands of one operator are a list, however many. */
static pk_Node *parse_list (pk_Compile *c, pk_Tag tag, pk_FToken op, pk_Node *(*operand) (pk_Compile *c)) {
  pk_Node *n = operand(c), *list, **to;
  if (c->token != op) return n;
  list = new_node(c, tag, n->at);
  list->first = n;
  to = &n->next;
  while (accept(c, op)) {
    *to = operand(c);
    list->end = (*to)->end;
    to = &(*to)->next;
  }
  return list;
}

static pk_Node *parse_and (pk_Compile *c) {
  return parse_list(c, TAG_AND, FT_AND, parse_not);
}

static pk_Node *parse_or (pk_Compile *c) {
  return parse_list(c, TAG_OR, FT_OR, parse_and);
}

pk_Node *pk_parse (pk_Compile *c) {
  pk_Node *n;
  c->at = 0;
  c->depth = 0;
  pk_lex(c);
  if (c->token == FT_END) pk_fail(c, 0, "empty expression", NULL);
  n = parse_or(c);
  if (c->token == FT_CLOSE) pk_fail(c, c->begin, "')' without '('", NULL);
  if (c->token != FT_END) fail_expected(c, "operator");
  expect(c, FT_END, "end");
  return n;
}
