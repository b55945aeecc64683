/* Makes the disk fail on demand: while $LINLI_FAULTS/full stands, writes find no space; while $LINLI_FAULTS/fsync
   stands, nothing reaches the disk for certain. Preloaded into a process under test. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int stands(const char *fault)
{
    char path[4096];
    const char *folder = getenv("LINLI_FAULTS");
    int kept = errno, found;
    if (!folder)
        return 0;
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    found = access(path, F_OK) == 0;
    errno = kept;
    return found;
}

static int is_database(int file)
{
    char link[64], path[4096];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

#define WRITE(name, offset_type)                                                                          \
    ssize_t name(int file, const void *bytes, size_t size, offset_type offset)                            \
    {                                                                                                     \
        static ssize_t (*real)(int, const void *, size_t, offset_type);                                   \
        if (!real)                                                                                        \
            real = dlsym(RTLD_NEXT, #name);                                                               \
        if (is_database(file) && stands("full")) {                                                        \
            errno = ENOSPC;                                                                               \
            return -1;                                                                                    \
        }                                                                                                 \
        return real(file, bytes, size, offset);                                                           \
    }

WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define SYNC(name)                                    \
    int name(int file)                                \
    {                                                 \
        static int (*real)(int);                      \
        if (!real)                                    \
            real = dlsym(RTLD_NEXT, #name);           \
        if (is_database(file) && stands("fsync")) {   \
            errno = EIO;                              \
            return -1;                                \
        }                                             \
        return real(file);                            \
    }

SYNC(fsync)
SYNC(fdatasync)
