/*
** lstop.h: SIGINT and SIGTERM that end work, not the process: what has been done is then told.
*/
#ifndef lstop_h
#define lstop_h

/*
** From here to lstop_end the first of these signals is noted, where it is not ignored; a second one does what it would
** have done before. Pairs may be nested: the innermost work ends first.
*/
void lstop_begin (void);
void lstop_end (void);

/* The signal that came, or 0: who asks tells that the work was interrupted. */
int lstop_signalled (void);

#endif
