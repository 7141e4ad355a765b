#define _GNU_SOURCE
#include "CLinux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int oneapi_epoll_ctl(int epfd, int op, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(epfd, op, fd, &event) == 0 ? 0 : -errno;
}

int oneapi_epoll_wait(int epfd, uint32_t *events, uint64_t *tags, int capacity, int64_t timeout_ns) {
    struct epoll_event buffer[256];
    if (capacity > 256) capacity = 256;
    int count;
    if (timeout_ns < 0) {
        count = epoll_wait(epfd, buffer, capacity, -1);
    } else if (timeout_ns == 0) {
        count = epoll_wait(epfd, buffer, capacity, 0);
    } else {
        // Round up: waking early would spin until the timer is due.
        int64_t ms = (timeout_ns + 999999) / 1000000;
        count = epoll_wait(epfd, buffer, capacity, ms > 60000 ? 60000 : (int)ms);
    }
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        events[i] = buffer[i].events;
        tags[i] = buffer[i].data.u64;
    }
    return count;
}

int oneapi_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static _Thread_local void *thread_value;
void *oneapi_thread_value(void) { return thread_value; }
void oneapi_set_thread_value(void *value) { thread_value = value; }

int oneapi_listen(const char *host, uint16_t *port, int backlog, int reuse_port) {
    struct sockaddr_storage address;
    memset(&address, 0, sizeof address);
    socklen_t length;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(*port);
        length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(*port);
        length = sizeof *v6;
    } else {
        return -EADDRNOTAVAIL;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && address.ss_family == AF_INET6) return -EAFNOSUPPORT;
    if (fd < 0) return -errno;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, backlog) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        *port = ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
    return fd;
}

int oneapi_accept(int fd, char *peer, uint16_t *peer_port) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int client = accept4(fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return -errno;
    peer[0] = 0;
    if (address.ss_family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
        inet_ntop(AF_INET, &v4->sin_addr, peer, 46);
        *peer_port = ntohs(v4->sin_port);
    } else if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
            inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], peer, 46);
        else
            inet_ntop(AF_INET6, &v6->sin6_addr, peer, 46);
        *peer_port = ntohs(v6->sin6_port);
    }
    return client;
}

void oneapi_close_reset(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

uint64_t oneapi_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void waited_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void oneapi_block_signals(void) {
    sigset_t set;
    waited_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int oneapi_wait_signal(void) {
    sigset_t set;
    waited_signals(&set);
    int number = 0;
    while (sigwait(&set, &number) != 0) {}
    return number;
}

void oneapi_prepare_process(void) {
    signal(SIGPIPE, SIG_IGN);
    // By default glibc raises both thresholds to the largest block ever freed, and so keeps the memory of large bodies.
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    // Ten thousand streams take twice as many descriptors. A privileged process may raise the hard limit too.
    struct rlimit wanted = files;
    if (wanted.rlim_max < 65536) wanted.rlim_max = 65536;
    wanted.rlim_cur = wanted.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

void oneapi_trim_heap(void) { malloc_trim(1 << 20); }

void oneapi_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
