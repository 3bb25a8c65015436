#ifndef BRAMBLE_UNIXSOCKETS_H
#define BRAMBLE_UNIXSOCKETS_H
#include "headers.h"

/* Unix sockets. */

/* -1 with ENAMETOOLONG when the path does not fit. */
static inline int bramble_unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

static inline int bramble_bind_unix(int fd, const char *path) {
    struct sockaddr_un address;
    if (bramble_unix_address(path, &address) != 0) return -1;
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static inline int bramble_connect_unix(int fd, const char *path) {
    struct sockaddr_un address;
    if (bramble_unix_address(path, &address) != 0) return -1;
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static inline int bramble_accept(int fd) {
    return (int)syscall(SYS_accept4, fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* 1 when the path is a socket, 0 when it is something else, -1 with errno when it cannot be looked at. */
static inline int bramble_is_socket(const char *path, uint64_t *device, uint64_t *inode) {
    struct stat found;
    if (lstat(path, &found) != 0) return -1;
    *device = found.st_dev;
    *inode = found.st_ino;
    return S_ISSOCK(found.st_mode) ? 1 : 0;
}

#endif
