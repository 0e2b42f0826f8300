// A shim for LD_PRELOAD that lets the n-th call of the system on a file fail, or fall short.
//
//   FAULTIO=call:FAULT:N[:COUNT]  the N-th matching call, from 1, and COUNT - 1 more after it (1; 0 is
//                                 for ever). FAULT is EIO, ENOSPC, EDQUOT, EINTR, EMFILE, SHORT (half
//                                 is written) or SKIP (nothing is done, and success is returned).
//   FAULTIO_PATH=TEXT             only paths that contain the text match
//   FAULTIO_LOG=FILE              one line for each fault: «fault SECONDS CALL FAULT PATH», and one for
//                                 each sync of a file whose sync has failed before: «resync …»
//
// Calls: write pwrite writev pwritev pread fsync fdatasync rename renameat ftruncate open openat
// fallocate.
// The names with 64 count as those without.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NO_FAULT = 0, SHORT = -1, SKIP = -2 };

static struct {
  char call[32], fault[16], path[256];
  int code;
  long first, count;
  int log;
} plan;
static long calls;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { dev_t device; ino_t file; } failed[256];
static int failed_count;

__attribute__((constructor)) static void prepare(void) {
  const char *text = getenv("FAULTIO"), *path = getenv("FAULTIO_PATH"), *log = getenv("FAULTIO_LOG");
  static const struct { const char *name; int code; } faults[] = {
    {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}, {"EMFILE", EMFILE},
    {"SHORT", SHORT}, {"SKIP", SKIP},
  };
  plan.log = -1;
  plan.count = 1;
  if (!text) return;
  if (sscanf(text, "%31[^:]:%15[^:]:%ld:%ld", plan.call, plan.fault, &plan.first, &plan.count) < 3) {
    static const char sentence[] = "faultio: FAULTIO must be call:FAULT:N[:COUNT]\n";
    syscall(SYS_write, 2, sentence, sizeof sentence - 1);
    _exit(2);
  }
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    if (!strcmp(plan.fault, faults[i].name)) plan.code = faults[i].code;
  if (path) snprintf(plan.path, sizeof plan.path, "%s", path);
  if (log) plan.log = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void tell(const char *what, const char *call, const char *path) {
  char line[PATH_MAX + 128];
  struct timespec now;
  if (plan.log < 0) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int size = snprintf(line, sizeof line, "%s %ld.%06ld %s %s %s\n", what, (long)now.tv_sec,
                      now.tv_nsec / 1000, call, plan.fault, path);
  syscall(SYS_write, plan.log, line, size < (int)sizeof line ? (size_t)size : sizeof line);
}

static void path_of(int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t size = readlink(link, path, PATH_MAX - 1);
  path[size < 0 ? 0 : size] = 0;
}

static void path_at(int directory, const char *name, char *path) {
  path[0] = 0;
  if (name[0] != '/' && directory != AT_FDCWD) path_of(directory, path);
  size_t size = strlen(path);
  snprintf(path + size, PATH_MAX - size, "%s%s", size ? "/" : "", name);
}

/// What is to become of this call.
static int fate(const char *call, const char *path) {
  if (plan.code == NO_FAULT || strcmp(call, plan.call) || !strstr(path, plan.path)) return NO_FAULT;
  long number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  if (number < plan.first || (plan.count > 0 && number >= plan.first + plan.count)) return NO_FAULT;
  tell("fault", call, path);
  return plan.code;
}

static int fate_of(const char *call, int descriptor) {
  if (plan.code == NO_FAULT || strcmp(call, plan.call)) return NO_FAULT;
  char path[PATH_MAX];
  int before = errno;
  path_of(descriptor, path);
  int code = fate(call, path);
  errno = before;
  return code;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL(code) do { if ((code) > 0) { errno = (code); return -1; } } while (0)
#define ALIAS(result, name64, name, parameters) \
  result name64 parameters __attribute__((alias(#name)))

// Writing

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(write);
  int code = fate_of("write", fd);
  FAIL(code);
  if (code == SKIP) return (ssize_t)count;
  return real(fd, bytes, code == SHORT && count > 1 ? count / 2 : count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  REAL(pwrite);
  int code = fate_of("pwrite", fd);
  FAIL(code);
  if (code == SKIP) return (ssize_t)count;
  return real(fd, bytes, code == SHORT && count > 1 ? count / 2 : count, offset);
}
ALIAS(ssize_t, pwrite64, pwrite, (int, const void *, size_t, off_t));

static ssize_t half(const struct iovec *parts, int count, struct iovec *one) {
  *one = count > 0 ? parts[0] : (struct iovec){0};
  if (one->iov_len > 1) one->iov_len /= 2;
  return 1;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  struct iovec one;
  int code = fate_of("writev", fd);
  FAIL(code);
  return code == SHORT ? real(fd, &one, (int)half(parts, count, &one)) : real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(pwritev);
  struct iovec one;
  int code = fate_of("pwritev", fd);
  FAIL(code);
  return code == SHORT ? real(fd, &one, (int)half(parts, count, &one), offset)
                       : real(fd, parts, count, offset);
}
ALIAS(ssize_t, pwritev64, pwritev, (int, const struct iovec *, int, off_t));

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
  REAL(pread);
  int code = fate_of("pread", fd);
  FAIL(code);
  return real(fd, bytes, code == SHORT && count > 1 ? count / 2 : count, offset);
}
ALIAS(ssize_t, pread64, pread, (int, void *, size_t, off_t));

int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  int code = fate_of("ftruncate", fd);
  FAIL(code);
  return code == SKIP ? 0 : real(fd, size);
}
ALIAS(int, ftruncate64, ftruncate, (int, off_t));

int fallocate(int fd, int mode, off_t offset, off_t size) {
  REAL(fallocate);
  int code = fate_of("fallocate", fd);
  FAIL(code);
  return code == SKIP ? 0 : real(fd, mode, offset, size);
}
ALIAS(int, fallocate64, fallocate, (int, int, off_t, off_t));

// Syncing

static int sync_file(const char *call, int fd, int (*real)(int)) {
  int code = fate_of(call, fd);
  if (code == SKIP) return 0;
  struct stat facts;
  int known = fstat(fd, &facts) == 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; known && i < failed_count; i++)
    if (failed[i].device == facts.st_dev && failed[i].file == facts.st_ino) {
      char path[PATH_MAX];
      path_of(fd, path);
      tell("resync", call, path);
      break;
    }
  pthread_mutex_unlock(&lock);
  int result = code > 0 ? -1 : real(fd);
  int error = code > 0 ? code : errno;
  if (result != 0 && error != EINTR && known) {
    pthread_mutex_lock(&lock);
    if (failed_count < (int)(sizeof failed / sizeof failed[0])) {
      failed[failed_count].device = facts.st_dev;
      failed[failed_count++].file = facts.st_ino;
    }
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  return sync_file("fsync", fd, real);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return sync_file("fdatasync", fd, real);
}

// Names

/// A new file may get the number of one that is gone.
static int forget(int fd, int flags) {
  struct stat facts;
  int before = errno;
  if (fd >= 0 && (flags & O_CREAT) && (flags & O_EXCL) && fstat(fd, &facts) == 0) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < failed_count; i++)
      if (failed[i].device == facts.st_dev && failed[i].file == facts.st_ino)
        failed[i--] = failed[--failed_count];
    pthread_mutex_unlock(&lock);
  }
  errno = before;
  return fd;
}

int openat(int directory, const char *name, int flags, ...) {
  REAL(openat);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  char path[PATH_MAX];
  int before = errno;
  path_at(directory, name, path);
  errno = before;
  int code = fate("openat", path);
  FAIL(code);
  return forget(real(directory, name, flags, mode), flags);
}
ALIAS(int, openat64, openat, (int, const char *, int, ...));

int open(const char *name, int flags, ...) {
  REAL(open);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  int code = fate("open", name);
  FAIL(code);
  return forget(real(name, flags, mode), flags);
}
ALIAS(int, open64, open, (const char *, int, ...));

static int fate_of_rename(const char *call, int from, const char *name, int to, const char *new_name) {
  char paths[2 * PATH_MAX];
  int before = errno;
  path_at(from, name, paths);
  size_t size = strlen(paths);
  paths[size] = ' ';
  path_at(to, new_name, paths + size + 1);
  int code = fate(call, paths);
  errno = before;
  return code;
}

int rename(const char *name, const char *new_name) {
  REAL(rename);
  int code = fate_of_rename("rename", AT_FDCWD, name, AT_FDCWD, new_name);
  FAIL(code);
  return code == SKIP ? 0 : real(name, new_name);
}

int renameat(int from, const char *name, int to, const char *new_name) {
  REAL(renameat);
  int code = fate_of_rename("renameat", from, name, to, new_name);
  FAIL(code);
  return code == SKIP ? 0 : real(from, name, to, new_name);
}
