/*
** flex.c: the tokens of an expression, and its errors.
*/
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "ftree.h"

#define BLOCK ((size_t)4096)

void pk_arena_free (pk_Arena *a) {
  while (a->blocks != NULL) {
    struct pk_ArenaBlock *next = a->blocks->next;
    pk_realloc(a->blocks, 0);
    a->blocks = next;
  }
  a->at = a->end = NULL;
}

void *pk_take (pk_Compile *c, pk_Arena *a, size_t size) {
  void *p;
  size = (size + 15) / 16 * 16;
  if ((size_t)(a->end - a->at) < size) {
    const size_t n = size + 16 > BLOCK ? size + 16 : BLOCK;
    struct pk_ArenaBlock *block = (struct pk_ArenaBlock *)pk_realloc(NULL, n);
    if (block == NULL) {
      pk_text_error(c->err, "not enough memory", NULL);
      longjmp(c->failed, 1);
    }
    block->next = a->blocks;
    a->blocks = block;
    a->at = (char *)block + 16;
    a->end = (char *)block + n;
  }
  p = a->at;
  a->at += size;
  return memset(p, 0, size);
}

/* "column 5: ", with the line where there are several. */
static void add_place (pk_Compile *c, pk_Text *t, size_t at) {
  size_t line = 1, begin = 0, k;
  int several = 0;
  for (k = 0; k < c->len; k++)
    if (c->text[k] == '\n') {
      several = 1;
      if (k < at) {
        line++;
        begin = k + 1;
      }
    }
  if (c->what != NULL) {
    pk_text_add(t, c->what);
    pk_text_add(t, ": ");
    return;
  }
  if (several) {
    pk_text_add(t, "line ");
    pk_text_num(t, line);
    pk_text_add(t, ", ");
  }
  pk_text_add(t, "column ");
  pk_text_num(t, at - begin + 1);
  pk_text_add(t, ": ");
}

void pk_fail (pk_Compile *c, size_t at, ...) {
  char text[PK_ERRSIZE];
  pk_Text t = pk_text_begin(text, sizeof(text));
  const char *part;
  va_list parts;
  add_place(c, &t, at);
  va_start(parts, at);
  while ((part = va_arg(parts, const char *)) != NULL) pk_text_add(&t, part);
  va_end(parts);
  memcpy(c->err, text, t.len + 1); /* parts may lie in what is overwritten */
  longjmp(c->failed, 1);
}

/* --- characters: no locale has a say */

static int is_digit (int ch) {
  return '0' <= ch && ch <= '9';
}

static int hex_of (int ch) {
  if (is_digit(ch)) return ch - '0';
  if ('a' <= ch && ch <= 'f') return ch - 'a' + 10;
  return 'A' <= ch && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static int is_letter (int ch) {
  return ('a' <= ch && ch <= 'z') || ('A' <= ch && ch <= 'Z') || ch == '_';
}

static int peek (const pk_Compile *c, size_t k) {
  return k < c->len ? (unsigned char)c->text[k] : -1;
}

/* --- kinds of tokens */

/* The end of an address that begins at `at`, or 0: none does. */
static size_t address_end (const pk_Compile *c, size_t at) {
  size_t k = at;
  int colons = 0, dots = 0, digits = 0, other = 0;
  for (;; k++) {
    const int ch = peek(c, k);
    if (ch == ':')
      colons++;
    else if (ch == '.' && peek(c, k + 1) != '.')
      dots++;
    else if (is_digit(ch))
      digits++;
    else if (hex_of(ch) >= 0)
      other++;
    else
      break;
  }
  if (is_letter(peek(c, k)) || k - at > 64) return 0;
  if (colons >= 2) return k;
  return colons == 0 && other == 0 && dots == 3 && digits >= 4 && is_digit(peek(c, at)) && is_digit(peek(c, k - 1)) ? k : 0;
}

static void lex_string (pk_Compile *c, size_t at, int raw) {
  const int quote = peek(c, at);
  size_t k = at + 1, n = 0, end;
  char *to;
  for (end = k; peek(c, end) != quote; end++) {
    if (peek(c, end) == '\\' && !raw) end++;
    if (peek(c, end) < 0) pk_fail(c, at, "unfinished string", NULL);
  }
  to = (char *)pk_take(c, c->keep, end - at + 1);
  for (; k < end; k++) {
    int ch = peek(c, k);
    if (ch == '\\' && !raw) {
      static const char from[] = "abfnrtv\\'\"", into[] = "\a\b\f\n\r\t\v\\'\"";
      const char *known;
      ch = peek(c, ++k);
      if (ch == 'x' && hex_of(peek(c, k + 1)) >= 0 && hex_of(peek(c, k + 2)) >= 0) {
        ch = hex_of(peek(c, k + 1)) * 16 + hex_of(peek(c, k + 2));
        k += 2;
      }
      else if (is_digit(ch)) {
        int value = 0, digits = 0;
        while (digits < 3 && is_digit(peek(c, k))) {
          value = value * 10 + (peek(c, k++) - '0');
          digits++;
        }
        k--;
        if (value > 255) pk_fail(c, k, "decimal escape too large", NULL);
        ch = value;
      }
      else if (ch > 0 && (known = (const char *)memchr(from, ch, sizeof(from) - 1)) != NULL)
        ch = (unsigned char)into[known - from];
      else
        pk_fail(c, k - 1, "no such escape in a string; r\"...\" has none", NULL);
    }
    to[n++] = (char)ch;
  }
  c->s = to;
  c->slen = n;
  c->end = k + 1;
  c->token = FT_STRING;
}

/* Decimal digits as a double, whatever the locale takes for the point. */
static double to_double (pk_Compile *c, size_t at, size_t end) {
  char text[128];
  const char *point = localeconv()->decimal_point;
  pk_Text t = pk_text_begin(text, sizeof(text));
  if (end - at > sizeof(text) - 16) pk_fail(c, at, "number of too many digits", NULL);
  for (; at < end; at++)
    if (c->text[at] == '.')
      pk_text_add(&t, point);
    else
      pk_text_addn(&t, c->text + at, 1);
  return strtod(text, NULL);
}

static void lex_number (pk_Compile *c, size_t at) {
  size_t k = at;
  uint64_t n = 0;
  int isfloat = 0, over = 0;
  if (peek(c, k) == '0' && (peek(c, k + 1) | 32) == 'x' && hex_of(peek(c, k + 2)) >= 0) {
    for (k += 2; hex_of(peek(c, k)) >= 0; k++) {
      if (n >> 60 != 0) over = 1;
      n = n << 4 | (uint64_t)hex_of(peek(c, k));
    }
  }
  else {
    for (; is_digit(peek(c, k)); k++) {
      const uint64_t digit = (uint64_t)(peek(c, k) - '0');
      if (n > (UINT64_MAX - digit) / 10) over = 1;
      n = n * 10 + digit;
    }
    if (peek(c, k) == '.' && is_digit(peek(c, k + 1))) {
      isfloat = 1;
      for (k++; is_digit(peek(c, k)); k++) continue;
    }
    if ((peek(c, k) | 32) == 'e' && (is_digit(peek(c, k + 1)) ||
        ((peek(c, k + 1) == '-' || peek(c, k + 1) == '+') && is_digit(peek(c, k + 2))))) {
      isfloat = 1;
      for (k += is_digit(peek(c, k + 1)) ? 1 : 2; is_digit(peek(c, k)); k++) continue;
    }
  }
  if (is_letter(peek(c, k)) || is_digit(peek(c, k))) pk_fail(c, at, "malformed number", NULL);
  if (!isfloat && over) pk_fail(c, at, "number of more than 64 bits", NULL);
  c->token = isfloat ? FT_FLOAT : FT_INTEGER;
  c->n = (int64_t)n;
  c->big = !isfloat && c->n < 0 && peek(c, at + 1) != 'x' && peek(c, at + 1) != 'X'; /* hexadecimal ones wrap, as in Lua */
  c->d = isfloat ? to_double(c, at, k) : 0;
  c->end = k;
}

static const struct Word {
  const char *text;
  pk_FToken token;
} words[] = {
  {"and", FT_AND}, {"or", FT_OR}, {"not", FT_NOT}, {"in", FT_IN}, {"contains", FT_CONTAINS}, {"matches", FT_MATCHES},
  {"true", FT_TRUE}, {"false", FT_FALSE}
}, /* longer ones first */ signs[] = {
  {"&&", FT_AND}, {"||", FT_OR}, {"==", FT_EQ}, {"~=", FT_NE}, {"!=", FT_NE}, {"<=", FT_LE}, {">=", FT_GE}, {"<<", FT_SHL},
  {">>", FT_SHR}, {"//", FT_IDIV}, {"..", FT_RANGE}, {"!", FT_NOT}, {"<", FT_LT}, {">", FT_GT}, {"|", FT_BOR},
  {"~", FT_BXOR}, {"&", FT_BAND}, {"+", FT_ADD}, {"-", FT_SUB}, {"*", FT_MUL}, {"/", FT_DIV}, {"%", FT_MOD}, {"(", FT_OPEN},
  {")", FT_CLOSE}, {"[", FT_LEFT}, {"]", FT_RIGHT}, {"{", FT_BEGIN}, {"}", FT_FINISH}, {",", FT_COMMA}, {":", FT_COLON}
};

static void lex_word (pk_Compile *c, size_t at) {
  size_t k = at, j;
  while (is_letter(peek(c, k)) || is_digit(peek(c, k))) k++;
  c->end = k;
  c->token = FT_NAME;
  for (j = 0; j < sizeof(words) / sizeof(words[0]); j++)
    if (strlen(words[j].text) == k - at && memcmp(words[j].text, c->text + at, k - at) == 0) c->token = words[j].token;
}

static void lex_sign (pk_Compile *c, size_t at) {
  char text[8] = "' '", *p = text + 1;
  size_t j;
  for (j = 0; j < sizeof(signs) / sizeof(signs[0]); j++) {
    const size_t n = strlen(signs[j].text);
    if (c->len - at >= n && memcmp(signs[j].text, c->text + at, n) == 0) {
      c->token = signs[j].token;
      c->end = at + n;
      return;
    }
  }
  *p = c->text[at];
  if (c->text[at] == '=') pk_fail(c, at, "'=' compares nothing; '==' does", NULL);
  pk_fail(c, at, "unexpected character", c->text[at] > ' ' && c->text[at] < 0x7f ? " " : NULL, text, NULL);
}

void pk_lex (pk_Compile *c) {
  size_t at = c->at;
  int ch;
  while ((ch = peek(c, at)) == ' ' || (ch >= '\t' && ch <= '\r')) at++;
  c->begin = c->end = at;
  if (ch < 0)
    c->token = FT_END;
  else if ((hex_of(ch) >= 0 || ch == ':') && (c->end = address_end(c, at)) != 0)
    c->token = FT_ADDRESS;
  else if (is_digit(ch))
    lex_number(c, at);
  else if (ch == '"' || ch == '\'')
    lex_string(c, at, 0);
  else if (ch == 'r' && (peek(c, at + 1) == '"' || peek(c, at + 1) == '\''))
    lex_string(c, at + 1, 1);
  else if (is_letter(ch))
    lex_word(c, at);
  else
    lex_sign(c, at);
  c->at = c->end;
}
