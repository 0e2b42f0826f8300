// What Swift's Glibc module lacks: epoll, eventfd, signalfd, flock, accept4, fallocate, getrandom,
// a thread's name, huge pages, a prefetch helper and the processor's CRC-32C instruction.
// Header only: nothing here is compiled on its own.
#ifndef PATRON_CLINUX_H
#define PATRON_CLINUX_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

// These stand behind _GNU_SOURCE, which a module cannot ask for; their ABI is fixed.
extern int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);
extern int fallocate(int, int, off_t, off_t);
extern int prctl(int, ...);
extern const char *strerrordesc_np(int);
extern long syscall(long, ...);

static inline int linux_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
static inline int linux_fallocate(int file, int64_t offset, int64_t count) {
  return fallocate(file, 0, offset, count);
}
// By its number: the C library has a name for it only since glibc 2.35. Kernels have it since 5.11.
static inline int linux_epoll_pwait2(int set, struct epoll_event *events, int count, int64_t nanos) {
  struct timespec timeout = {.tv_sec = nanos / 1000000000, .tv_nsec = nanos % 1000000000};
  return (int)syscall(441, set, events, count, &timeout, NULL, 0);
}
static inline void linux_wake_punctually(void) { prctl(29 /* PR_SET_TIMERSLACK */, 1L); }
// Policy 5 is SCHED_IDLE, whose name stands behind _GNU_SOURCE: any other thread that wakes takes the core at once.
static inline void linux_run_when_idle(void) {
  const struct sched_param none = {.sched_priority = 0};
  sched_setscheduler(0, 5, &none);
}
// Moves the calling thread to the core of a number among those it may run on, to stay, or as one that may leave it
// again. By the calls' numbers: their names stand behind _GNU_SOURCE.
static inline void linux_go_to_core(unsigned number, bool stays) {
  unsigned long all[16], one[16];
  const unsigned bits = 8 * sizeof all[0];
  long size = syscall(SYS_sched_getaffinity, 0, sizeof all, all);
  if (size <= 0) return;
  const unsigned words = (unsigned)size / sizeof all[0];
  unsigned count = 0;
  for (unsigned word = 0; word < words; word++) count += (unsigned)__builtin_popcountl(all[word]);
  if (count == 0) return;
  unsigned left = number % count;
  for (unsigned core = 0; core < words * bits; core++) {
    if (!(all[core / bits] >> core % bits & 1) || left-- > 0) continue;
    memset(one, 0, sizeof one);
    one[core / bits] = 1ul << core % bits;
    syscall(SYS_sched_setaffinity, 0, (unsigned long)size, one);
    if (!stays) syscall(SYS_sched_setaffinity, 0, (unsigned long)size, all);
    return;
  }
}
static inline void linux_name_thread(const char *name) { prctl(15 /* PR_SET_NAME */, name); }

// Addresses from a multiple of `alignment` on, a power of two; NULL when there are none. Behind them is
// memory, in huge pages where the system has them, and none of it before it is touched. Flags by number:
// their names stand behind _GNU_SOURCE.
static inline void *linux_map_huge(size_t size, size_t alignment) {
  const int flags = MAP_PRIVATE | 0x20 /* MAP_ANONYMOUS */ | 0x4000 /* MAP_NORESERVE */;
  char *start = (char *)mmap(NULL, size + alignment, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (start == (char *)MAP_FAILED) return NULL;
  start += -(uintptr_t)start & (alignment - 1);
  madvise(start, size, 14 /* MADV_HUGEPAGE; a kernel that has none says so, and that is all */);
  return start;
}
// Memory of zeroes, page after page when it is touched; NULL when there is none.
static inline void *linux_map(size_t size) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}
static inline void linux_unmap(void *start, size_t size) { munmap(start, size); }
static inline void linux_touch(void *start, size_t size) {
  for (size_t place = 0; place < size; place += 4096) ((volatile char *)start)[place] = 0;
}
static inline void linux_forget(void *start, size_t size) { madvise(start, size, 4 /* DONTNEED */); }

static inline void linux_prefetch(const void *address) { __builtin_prefetch(address); }

// What Swift has no word for: which lanes a mask has, and the largest lane. No intrinsics of a
// processor: the compiler finds the instructions of the level each of the kernels is built for.
typedef int32_t linux_lanes __attribute__((ext_vector_type(16)));
typedef _Bool linux_lane_bits __attribute__((ext_vector_type(16)));
// A bit for each lane that is not 0.
__attribute__((always_inline)) static inline uint16_t linux_marks(linux_lanes x) {
  return __builtin_bit_cast(uint16_t, __builtin_convertvector(x, linux_lane_bits));
}
// The largest lane of each of four, in all lanes of the first, second, third and last quarter.
__attribute__((always_inline)) static inline linux_lanes linux_largest(
    linux_lanes a, linux_lanes b, linux_lanes c, linux_lanes d) {
  linux_lanes low = __builtin_elementwise_max(
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
      __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
  linux_lanes high = __builtin_elementwise_max(
      __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
      __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
  linux_lanes x = __builtin_elementwise_max(
      __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
      __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
  x = __builtin_elementwise_max(
      x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  return __builtin_elementwise_max(
      x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

// Eight numbers from their places in a table, all of which are in it.
typedef double linux_numbers __attribute__((ext_vector_type(8)));
typedef int64_t linux_places __attribute__((ext_vector_type(8)));
__attribute__((always_inline)) static inline linux_numbers linux_gather(
    const double *table, linux_places at) {
#if defined(__AVX512F__)
  return __builtin_ia32_gatherdiv8df((linux_numbers)(0.0), table, at, 0xff, 8);
#else
  linux_numbers found;
  for (int lane = 0; lane < 8; lane++) found[lane] = table[at[lane]];
  return found;
#endif
}

// Eight whole numbers in wider lanes. Swift's own conversions are generic calls, built for any processor.
typedef uint16_t linux_shorts __attribute__((ext_vector_type(8)));
typedef uint32_t linux_words __attribute__((ext_vector_type(8)));
typedef uint64_t linux_longs __attribute__((ext_vector_type(8)));
__attribute__((always_inline)) static inline linux_words linux_words_of(linux_shorts x) {
  return __builtin_convertvector(x, linux_words);
}
__attribute__((always_inline)) static inline linux_longs linux_longs_of(linux_words x) {
  return __builtin_convertvector(x, linux_longs);
}
__attribute__((always_inline)) static inline linux_numbers linux_numbers_of_words(linux_words x) {
  return __builtin_convertvector(x, linux_numbers);
}
__attribute__((always_inline)) static inline linux_numbers linux_numbers_of(linux_places x) {
  return __builtin_convertvector(x, linux_numbers);
}

// A bit for each of eight pairs of numbers that a comparison holds for, and for each number that is finite.
typedef _Bool linux_eight_bits __attribute__((ext_vector_type(8)));
#define LINUX_COMPARISON(name, test)                                                              \
  __attribute__((always_inline)) static inline uint8_t name(linux_numbers x, linux_numbers y) {   \
    return __builtin_bit_cast(uint8_t, __builtin_convertvector(test, linux_eight_bits));          \
  }
LINUX_COMPARISON(linux_less, x < y)
LINUX_COMPARISON(linux_at_most, x <= y)
LINUX_COMPARISON(linux_equal, x == y)
#undef LINUX_COMPARISON

// A bit for each of eight whole numbers that lies between two, both included; none where they cross.
#define LINUX_BETWEEN(name, vector, number)                                                       \
  __attribute__((always_inline)) static inline uint8_t name(vector x, number least, number most) { \
    return __builtin_bit_cast(                                                                    \
        uint8_t, __builtin_convertvector((x >= least) & (x <= most), linux_eight_bits));          \
  }
LINUX_BETWEEN(linux_words_between, linux_words, uint32_t)
LINUX_BETWEEN(linux_shorts_between, linux_shorts, uint16_t)
#undef LINUX_BETWEEN

// The sum of eight numbers, halves added to halves; the least and the largest of them.
__attribute__((always_inline)) static inline double linux_sum(linux_numbers x) {
  x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);
  return x[0] + x[1];
}
__attribute__((always_inline)) static inline linux_numbers linux_chosen(
    linux_places second, linux_numbers x, linux_numbers y) {
  return (linux_numbers)(((linux_places)y & second) | ((linux_places)x & ~second));
}
#define LINUX_OUTERMOST(name, relation)                                        \
  __attribute__((always_inline)) static inline double name(linux_numbers x) {  \
    linux_numbers y = __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);   \
    x = linux_chosen(y relation x, x, y);                                      \
    y = __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);                 \
    x = linux_chosen(y relation x, x, y);                                      \
    return x[1] relation x[0] ? x[1] : x[0];                                   \
  }
LINUX_OUTERMOST(linux_least, <)
LINUX_OUTERMOST(linux_most, >)
#undef LINUX_OUTERMOST

// Eight numbers from their places among sixteen.
__attribute__((always_inline)) static inline linux_numbers linux_pick(
    linux_numbers low, linux_numbers high, linux_places at) {
#if defined(__AVX512F__)
  return __builtin_ia32_vpermi2varpd512(low, at, high);
#else
  linux_numbers found;
  for (int lane = 0; lane < 8; lane++) found[lane] = at[lane] < 8 ? low[at[lane]] : high[at[lane] - 8];
  return found;
#endif
}

// Eight rows of eight numbers, so many bytes apart, as eight columns, so many numbers apart.
__attribute__((always_inline)) static inline void linux_turn(
    const void *rows, size_t apart, double *columns, size_t between) {
  typedef double loose __attribute__((ext_vector_type(8), aligned(1)));
  linux_numbers r[8], t[8], u[8];
#pragma clang loop unroll(full)
  for (int row = 0; row < 8; row++) r[row] = *(const loose *)((const char *)rows + apart * row);
#pragma clang loop unroll(full)
  for (int row = 0; row < 8; row += 2) {
    t[row] = __builtin_shufflevector(r[row], r[row + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    t[row + 1] = __builtin_shufflevector(r[row], r[row + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
#pragma clang loop unroll(full)
  for (int half = 0; half < 8; half += 4) {
#pragma clang loop unroll(full)
    for (int odd = 0; odd < 2; odd++) {
      linux_numbers a = t[half + odd], b = t[half + odd + 2];
      u[half + odd] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      u[half + odd + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
#pragma clang loop unroll(full)
  for (int column = 0; column < 4; column++) {
    linux_numbers a = u[column], b = u[column + 4];
    *(loose *)(columns + between * column) =
        __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    *(loose *)(columns + between * (column + 4)) =
        __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// What the thread sanitizer cannot see for itself: that a lock was taken, or is given back, in the
// kernel. Nothing happens without the sanitizer (.ci/sanitize thread).
#ifdef PATRON_THREAD_SANITIZER
extern void __tsan_acquire(void *);
extern void __tsan_release(void *);
static inline void linux_tell_locked(void *lock) { __tsan_acquire(lock); }
static inline void linux_tell_unlocking(void *lock) { __tsan_release(lock); }
#else
static inline void linux_tell_locked(void *lock) { (void)lock; }
static inline void linux_tell_unlocking(void *lock) { (void)lock; }
#endif

// The micro-architecture level whose vectors may be used: 4 AVX-512, 3 AVX2, 1 neither (x86-64 psABI,
// table 3.1). The kernel must keep the registers too, which XGETBV tells.
#if defined(__x86_64__)
static inline int linux_vector_level(void) {
  uint32_t a = 1, b, c = 0, d, state, upper, most;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const uint32_t basic = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;
  if ((c & basic) != basic) return 1;
  __asm__("xgetbv" : "=a"(state), "=d"(upper) : "c"(0));
  if ((state & 0x06) != 0x06) return 1;
  a = 0x80000001, c = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if ((c >> 5 & 1) == 0) return 1;
  most = 0, c = 0;
  __asm__("cpuid" : "+a"(most), "=b"(b), "+c"(c), "=d"(d));
  if (most < 7) return 1;
  a = 7, c = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const uint32_t wide = 1u << 3 | 1u << 5 | 1u << 8;
  if ((b & wide) != wide) return 1;
  const uint32_t wider = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
  return (b & wider) == wider && (state & 0xe6) == 0xe6 ? 4 : 3;
}
#else
static inline int linux_vector_level(void) { return 1; }
#endif

// CRC-32C by the processor: one instruction for eight bytes. Asked for at run time, since x86-64's
// and ARMv8.0's baselines do not promise it; each function carries its own target attribute.
#if defined(__x86_64__)
static inline int linux_has_crc32c(void) {
  uint32_t a = 1, b, c = 0, d;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (c >> 20) & 1;
}
static inline int linux_has_carryless_product(void) {
  uint32_t a = 1, b, c = 0, d;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (c >> 1) & 1;
}
__attribute__((target("sse4.2"))) static inline uint32_t linux_crc32c(
    uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t state = crc, word;
  for (; count >= 8; count -= 8, bytes += 8) {
    memcpy(&word, bytes, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  for (; count > 0; count--, bytes++) state = __builtin_ia32_crc32qi((uint32_t)state, *bytes);
  return (uint32_t)state;
}
// The remainder `crc`, moved over as many zero bytes as `factor` says: x^(8 n - 33) mod P, reflected.
__attribute__((target("sse4.2,pclmul"))) static inline uint64_t linux_crc32c_move(
    uint64_t crc, uint64_t factor) {
  typedef long long pair __attribute__((vector_size(16)));
  const pair product = __builtin_ia32_pclmulqdq128(
      (pair){(long long)crc, 0}, (pair){(long long)factor, 0}, 0);
  return __builtin_ia32_crc32di(0, (uint64_t)product[0]);
}
// Three thirds of 6 KiB side by side: an instruction takes three cycles, and one can begin in each (Gopal
// et al., Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction, Intel 2011).
__attribute__((target("sse4.2,pclmul"))) static inline uint32_t linux_crc32c_thirds(
    uint32_t crc, const uint8_t *bytes, size_t count) {
  const size_t third = 2048;
  for (; count >= 3 * third; count -= 3 * third, bytes += 3 * third) {
    uint64_t first = crc, second = 0, last = 0, word;
    for (size_t place = 0; place < third; place += 8) {
      memcpy(&word, bytes + place, 8);
      first = __builtin_ia32_crc32di(first, word);
      memcpy(&word, bytes + third + place, 8);
      second = __builtin_ia32_crc32di(second, word);
      memcpy(&word, bytes + 2 * third + place, 8);
      last = __builtin_ia32_crc32di(last, word);
    }
    crc = (uint32_t)(linux_crc32c_move(first, 0x82f89c77) ^ linux_crc32c_move(second, 0xa51b6135) ^ last);
  }
  return linux_crc32c(crc, bytes, count);
}
#elif defined(__aarch64__)
static inline int linux_has_carryless_product(void) { return 0; }
static inline int linux_has_crc32c(void) { return (getauxval(16 /* AT_HWCAP */) >> 7) & 1; }
__attribute__((target("crc"))) static inline uint32_t linux_crc32c(
    uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t word;
  for (; count >= 8; count -= 8, bytes += 8) {
    memcpy(&word, bytes, 8);
    crc = __builtin_arm_crc32cd(crc, word);
  }
  for (; count > 0; count--, bytes++) crc = __builtin_arm_crc32cb(crc, *bytes);
  return crc;
}
#else
static inline int linux_has_carryless_product(void) { return 0; }
static inline int linux_has_crc32c(void) { return 0; }
static inline uint32_t linux_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  (void)bytes, (void)count;
  return crc;
}
#endif
#if !defined(__x86_64__)
static inline uint32_t linux_crc32c_thirds(uint32_t crc, const uint8_t *bytes, size_t count) {
  return linux_crc32c(crc, bytes, count);
}
#endif
// Sends what was written to a file on its way to the disk, and waits for little of it.
extern int sync_file_range(int, off_t, off_t, unsigned);
static inline int linux_send_written(int file) {
  return sync_file_range(file, 0, 0, 2 /* SYNC_FILE_RANGE_WRITE */);
}

#endif
