// What Swift's Glibc module lacks: epoll, eventfd, signalfd, accept4, flock, and a prefetch helper.
// Header only: nothing here is compiled on its own.
#ifndef PATRON_CLINUX_H
#define PATRON_CLINUX_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

static inline void linux_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
