/*
** libpcap.c: the same work on libpcap's frames.
**
**     libpcap a|b IN [OUT]
**     libpcap sum|field IN OUT
**     libpcap loop IN; libpcap copy IN OUT
*/
#define _DEFAULT_SOURCE
#include <pcap.h>

#include "predicate.h"

int main (int argc, char **argv) {
  char err[PCAP_ERRBUF_SIZE];
  pcap_t *p;
  pcap_dumper_t *out = NULL;
  struct pcap_pkthdr *h;
  const u_char *data;
  unsigned long count = 0;
  if (argc < 3 || (p = pcap_open_offline(argv[2], err)) == NULL) return 2;
  if (argv[1][0] == 's' || argv[1][0] == 'f') {
    if (argc < 4 || freopen(argv[3], "w", stdout) == NULL) return 2;
    while (pcap_next_ex(p, &h, &data) == 1)
      if (argv[1][0] == 'f')
        field_print(stdout, data, h->caplen);
      else
        sum_c(data, h->caplen);
    if (argv[1][0] == 's') sum_print();
    return fflush(stdout) != 0;
  }
  if (argc > 3) out = pcap_dump_open(p, argv[3]);
  while (pcap_next_ex(p, &h, &data) == 1)
    if (argv[1][0] == 'l' || argv[1][0] == 'c' ? 1 : argv[1][0] == 'b' ? wanted_b(data, h->caplen) : wanted_a(data, h->caplen)) {
      count++;
      if (out != NULL) pcap_dump((u_char *)out, h, data);
    }
  if (out != NULL) pcap_dump_close(out);
  printf("%lu\n", count);
  return 0;
}
