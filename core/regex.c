/*
** regex.c: regular expressions by PCRE2.
*/
#include "regex.h"

#include <string.h>

#include "text.h"

#if defined(PK_PCRE2)

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps that PCRE2 may take on one string, and what it may remember meanwhile (KiB): frames are hostile. */
#define MATCH_LIMIT 500000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT 32768

int pk_regex_compile (pk_Regex *r, const char *pattern, size_t len, size_t *at, char *err) {
  int code;
  PCRE2_SIZE offset = 0;
  PCRE2_UCHAR text[256];
  memset(r, 0, sizeof(*r));
  r->code = pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
  *at = offset;
  if (r->code == NULL) {
    pcre2_get_error_message(code, text, sizeof(text));
    return pk_text_error(err, (const char *)text, NULL);
  }
  r->data = pcre2_match_data_create_from_pattern((pcre2_code *)r->code, NULL);
  r->context = pcre2_match_context_create(NULL);
  if (r->data == NULL || r->context == NULL) {
    pk_regex_free(r);
    return pk_text_error(err, "not enough memory", NULL);
  }
  pcre2_jit_compile((pcre2_code *)r->code, PCRE2_JIT_COMPLETE); /* where it can not, it is interpreted */
  pcre2_set_match_limit((pcre2_match_context *)r->context, MATCH_LIMIT);
  pcre2_set_depth_limit((pcre2_match_context *)r->context, DEPTH_LIMIT);
  pcre2_set_heap_limit((pcre2_match_context *)r->context, HEAP_LIMIT);
  return 0;
}

int pk_regex_match (const pk_Regex *r, const uint8_t *bytes, size_t len) {
  static const uint8_t none[1] = {0};
  const pcre2_code *code = (const pcre2_code *)r->code;
  pcre2_match_data *data = (pcre2_match_data *)r->data;
  pcre2_match_context *context = (pcre2_match_context *)r->context;
  int got = pcre2_match(code, len > 0 ? bytes : none, len, 0, 0, data, context);
  if (got == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter's memory is the heap's */
    got = pcre2_match(code, len > 0 ? bytes : none, len, 0, PCRE2_NO_JIT, data, context);
  return got >= 0;
}

void pk_regex_free (pk_Regex *r) {
  pcre2_match_context_free((pcre2_match_context *)r->context);
  pcre2_match_data_free((pcre2_match_data *)r->data);
  pcre2_code_free((pcre2_code *)r->code);
  r->code = r->data = r->context = NULL;
}

#else

int pk_regex_compile (pk_Regex *r, const char *pattern, size_t len, size_t *at, char *err) {
  (void)pattern;
  (void)len;
  memset(r, 0, sizeof(*r));
  *at = 0;
  return pk_text_error(err, "regular expressions need PCRE2, without which this was built", NULL);
}

int pk_regex_match (const pk_Regex *r, const uint8_t *bytes, size_t len) {
  (void)r;
  (void)bytes;
  (void)len;
  return 0;
}

void pk_regex_free (pk_Regex *r) {
  (void)r;
}

#endif
