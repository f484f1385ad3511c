/*
** bpf.c: filters of libpcap's language.
*/
#define _DEFAULT_SOURCE /* u_int and the like, which pcap.h wants */
#include "bpf.h"

#include <pcap.h>
#include <stdlib.h>

#include "live.h"

struct pk_Bpf {
  struct bpf_program program;
};

pk_Bpf *pk_bpf_compile (const char *expression, uint32_t linktype, char *err) {
  pcap_t *p = pcap_open_dead(pk_dlt_of(linktype), 262144);
  pk_Bpf *f = (pk_Bpf *)malloc(sizeof(*f));
  if (p == NULL || f == NULL) {
    pk_text_error(err, "not enough memory", NULL);
    free(f);
    f = NULL;
  }
  else if (pcap_compile(p, &f->program, expression, 1, (bpf_u_int32)PCAP_NETMASK_UNKNOWN) < 0) {
    pk_text_error(err, pcap_geterr(p), NULL);
    free(f);
    f = NULL;
  }
  if (p != NULL) pcap_close(p);
  return f;
}

int pk_bpf_match (const pk_Bpf *f, const char *data, size_t caplen, size_t wirelen) {
  return bpf_filter(f->program.bf_insns, (const u_char *)data, (u_int)wirelen, (u_int)caplen) != 0;
}

void pk_bpf_free (pk_Bpf *f) {
  if (f == NULL) return;
  pcap_freecode(&f->program);
  free(f);
}
