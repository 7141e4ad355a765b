#pragma once
// Functions that Swift cannot call through Glibc: packed epoll events, thread-local storage, variadic calls.
#include <stdint.h>
#include <sys/epoll.h>

/// Registers `fd` (EPOLL_CTL_ADD or MOD as `op` says) with a 64-bit tag. Returns 0 or -errno.
int oneapi_epoll_ctl(int epfd, int op, int fd, uint32_t events, uint64_t tag);

/// Waits; fills `events` and `tags` (arrays of `capacity`). Returns the count or -errno.
int oneapi_epoll_wait(int epfd, uint32_t *events, uint64_t *tags, int capacity, int64_t timeout_ns);

int oneapi_eventfd(void);

/// The pointer that this thread stored last; NULL if none.
void *oneapi_thread_value(void);
void oneapi_set_thread_value(void *value);

/// A non-blocking, close-on-exec listening TCP socket with SO_REUSEPORT and TCP_NODELAY. Returns fd or -errno;
/// -EADDRNOTAVAIL if `host` is not a numeric address. Sets `*port` to the bound port.
int oneapi_listen(const char *host, uint16_t *port, int backlog, int reuse_port);

/// Calls accept4 with SOCK_NONBLOCK|SOCK_CLOEXEC. Writes the peer's numeric address into `peer` (at least 46 bytes).
int oneapi_accept(int fd, char *peer, uint16_t *peer_port);

/// Closes a socket with RST instead of FIN.
void oneapi_close_reset(int fd);

/// Real time in seconds, and the monotonic clock in nanoseconds.
uint64_t oneapi_monotonic_ns(void);

/// Returns free pages of the heap to the system.
void oneapi_trim_heap(void);

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and the threads it starts, so only oneapi_wait_signal sees them.
void oneapi_block_signals(void);
/// Waits for SIGTERM, SIGINT or SIGHUP and returns its number.
int oneapi_wait_signal(void);
/// Ignores SIGPIPE. Raises the soft limit of open files to the hard one, and both to 65,536 if that is allowed.
void oneapi_prepare_process(void);
/// Sets the calling thread's name (at most 15 bytes), which `ps -L` and debuggers show.
void oneapi_name_thread(const char *name);
