#pragma once
// What Glibc's Swift overlay cannot express: packed epoll events, thread-local storage, variadic calls.
#include <stdint.h>
#include <sys/epoll.h>

/// Registers `fd` (EPOLL_CTL_ADD or MOD as `op` says) with a 64-bit tag. Returns 0 or -errno.
int oneapi_epoll_ctl(int epfd, int op, int fd, uint32_t events, uint64_t tag);

/// Waits; fills `events` and `tags` (arrays of `capacity`). Returns the count or -errno.
int oneapi_epoll_wait(int epfd, uint32_t *events, uint64_t *tags, int capacity, int64_t timeout_ns);

int oneapi_eventfd(void);

/// The pointer that this thread stored last, or NULL.
void *oneapi_thread_value(void);
void oneapi_set_thread_value(void *value);

/// A non-blocking, close-on-exec listening TCP socket with SO_REUSEPORT and TCP_NODELAY. Returns fd or -errno;
/// -EADDRNOTAVAIL where `host` is not a numeric address. `*port` is set to what was bound.
int oneapi_listen(const char *host, uint16_t *port, int backlog, int reuse_port);

/// accept4 with SOCK_NONBLOCK|SOCK_CLOEXEC; writes the peer's numeric address into `peer` (at least 46 bytes).
int oneapi_accept(int fd, char *peer, uint16_t *peer_port);

/// Closes with RST instead of FIN.
void oneapi_close_reset(int fd);

/// Seconds of real time and nanoseconds of the monotonic clock.
uint64_t oneapi_monotonic_ns(void);

/// Gives pages of the heap that are free back to the system.
void oneapi_trim_heap(void);

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and the threads it starts, so that only oneapi_wait_signal sees them.
void oneapi_block_signals(void);
/// Waits for SIGTERM, SIGINT or SIGHUP; returns its number.
int oneapi_wait_signal(void);
/// Ignores SIGPIPE and raises the soft limit of open files to the hard one, and both to 65,536 where that is allowed.
void oneapi_prepare_process(void);
/// Names the calling thread (15 bytes at most), as `ps -L` and debuggers show it.
void oneapi_name_thread(const char *name);
