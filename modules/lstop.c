/*
** lstop.c: signals that end work.
*/
#define _POSIX_C_SOURCE 200809L
#include "lstop.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static const int signals[] = {SIGINT, SIGTERM};
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t came = 0, heard = 0;
static struct sigaction before[NSIGNALS];
static int depth = 0;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void restore (void) {
  size_t k;
  for (k = 0; k < NSIGNALS; k++) sigaction(signals[k], &before[k], NULL);
}

static void on_signal (int sig) {
  if (came) { /* nobody has heard the first */
    restore();
    raise(sig);
    return;
  }
  came = sig;
}

void lstop_begin (void) {
  size_t k;
  struct sigaction mine;
  pthread_mutex_lock(&lock);
  if (depth++ == 0) {
    came = heard = 0;
    memset(&mine, 0, sizeof(mine));
    mine.sa_handler = on_signal; /* no restart: what waits is to end */
    sigemptyset(&mine.sa_mask);
    for (k = 0; k < NSIGNALS; k++) {
      sigaction(signals[k], NULL, &before[k]);
      if (before[k].sa_handler != SIG_IGN) sigaction(signals[k], &mine, NULL);
    }
  }
  pthread_mutex_unlock(&lock);
}

void lstop_end (void) {
  int unheard = 0;
  pthread_mutex_lock(&lock);
  if (--depth == 0) {
    restore();
    unheard = heard ? 0 : came;
  }
  pthread_mutex_unlock(&lock);
  if (unheard) raise(unheard); /* it came when the work was done: now it does what it would have done */
}

int lstop_signalled (void) {
  const int sig = came;
  if (sig) heard = 1;
  return sig;
}
