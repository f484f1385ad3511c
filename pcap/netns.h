/*
** netns.h: network namespaces of Linux: network stacks of their own, on one machine.
*/
#ifndef pktcraft_netns_h
#define pktcraft_netns_h

/*
** A new network namespace, whose loopback is up, as a file descriptor: it goes with the last one of it, and the last process,
** device or socket in it. -1 with an error text.
*/
int pk_netns_new (char *err);

/* The namespace of the calling thread, or that of a name which ip-netns(8) has given, or of a path: as above. */
int pk_netns_current (char *err);
int pk_netns_open (const char *name, char *err);

/* Moves the calling thread into a namespace. 0, or -1 with an error text. */
int pk_netns_enter (int fd, char *err);

#endif
