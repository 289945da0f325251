/* Preloaded: the disk is full for every file whose path begins with what the
   file named by FULL_DISK holds, as long as that file is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int fd) {
    const char *name = getenv("FULL_DISK");
    char place[4096], link[64], path[4096];
    struct stat info;
    int saved = errno, file;
    long length;
    if (!name || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) goto no;
    file = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
    if (file < 0) goto no;
    length = syscall(SYS_read, file, place, sizeof place);
    syscall(SYS_close, file);
    if (length <= 0) goto no;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path) < length || strncmp(path, place, (size_t)length) != 0) goto no;
    errno = ENOSPC;
    return 1;
no:
    errno = saved;
    return 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    return is_full(fd) ? -1 : REAL(write)(fd, bytes, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return is_full(fd) ? -1 : REAL(writev)(fd, parts, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return is_full(fd) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return is_full(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}
int fallocate(int fd, int mode, off_t at, off_t length) {
    return is_full(fd) ? -1 : REAL(fallocate)(fd, mode, at, length);
}
