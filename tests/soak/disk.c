/* A disk and a clock that fail on demand, preloaded into a hub.

   While $LINLI_FAULTS/full stands, writes to databases find no space; while read_only stands, neither they nor files
   that would be opened for writing are allowed. The number in $LINLI_FAULTS/clock is added to the time of day, in
   seconds. With $LINLI_UNSYNCED every write that was not synced yet can be taken back: what it replaced is kept in
   NAME.undo of that folder until the file is synced (undo.py reads it). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAL(name, type) static __typeof__(type) *real; if (!real) real = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

struct record { uint64_t offset, kept, size; }; /* where, how many old bytes follow, how long the file was */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

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

/* The path of a database or its log; 0: another file. */
static int database(int file, char *path, size_t room)
{
    char link[64];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, room - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

static int undo_file(const char *path)
{
    char name[4096];
    const char *folder = getenv("LINLI_UNSYNCED"), *slash = strrchr(path, '/');
    static int (*real)(const char *, int, ...);
    if (!folder || !slash)
        return -1;
    if (!real)
        real = dlsym(RTLD_NEXT, "open");
    snprintf(name, sizeof name, "%s/%s.undo", folder, slash + 1);
    return real(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Keep what stands at offset before it is replaced. Called with the lock. */
static void remember(int file, const char *path, off_t offset, size_t size)
{
    struct stat now;
    struct record head;
    char *all;
    ssize_t kept;
    int undo = undo_file(path);
    if (undo < 0)
        return;
    fstat(file, &now);
    all = malloc(sizeof head + size);
    kept = pread(file, all + sizeof head, size, offset);
    head = (struct record){offset, kept < 0 ? 0 : kept, now.st_size};
    memcpy(all, &head, sizeof head);
    if (write(undo, all, sizeof head + head.kept) < 0)
        abort();
    free(all);
    close(undo);
}

static ssize_t written(ssize_t (*real)(int, const void *, size_t, off_t), int file, const void *bytes, size_t size, off_t at)
{
    char path[4096];
    ssize_t result;
    if (!database(file, path, sizeof path))
        return real(file, bytes, size, at);
    if (stands("full") || stands("read_only")) {
        errno = stands("full") ? ENOSPC : EROFS;
        return -1;
    }
    pthread_mutex_lock(&lock);
    remember(file, path, at, size);
    result = real(file, bytes, size, at);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    REAL("pwrite", ssize_t(int, const void *, size_t, off_t));
    return written(real, file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    REAL("pwrite64", ssize_t(int, const void *, size_t, off_t));
    return written(real, file, bytes, size, at);
}

static int shortened(int (*real)(int, off_t), int file, off_t size)
{
    char path[4096];
    struct stat now;
    int result;
    if (!database(file, path, sizeof path))
        return real(file, size);
    pthread_mutex_lock(&lock);
    if (fstat(file, &now) == 0 && now.st_size > size)
        remember(file, path, size, now.st_size - size);
    result = real(file, size);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int file, off_t size)
{
    REAL("ftruncate", int(int, off_t));
    return shortened(real, file, size);
}

int ftruncate64(int file, off64_t size)
{
    REAL("ftruncate64", int(int, off_t));
    return shortened(real, file, size);
}

static int synced(int (*real)(int), int file)
{
    char path[4096];
    int result, undo;
    if (!database(file, path, sizeof path))
        return real(file);
    pthread_mutex_lock(&lock);
    result = real(file);
    undo = result == 0 ? undo_file(path) : -1;
    if (undo >= 0) {
        int (*cut)(int, off_t) = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate");
        if (cut(undo, 0) < 0)
            abort();
        close(undo);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int file)
{
    REAL("fsync", int(int));
    return synced(real, file);
}

int fdatasync(int file)
{
    REAL("fdatasync", int(int));
    return synced(real, file);
}

#define OPEN(name)                                                                                             \
    int name(const char *path, int flags, ...)                                                                 \
    {                                                                                                          \
        va_list more;                                                                                          \
        mode_t mode;                                                                                           \
        REAL(#name, int(const char *, int, ...));                                                          \
        va_start(more, flags);                                                                                 \
        mode = va_arg(more, mode_t);                                                                           \
        va_end(more);                                                                                          \
        if ((flags & O_ACCMODE) != O_RDONLY && strstr(path, "/data/") && stands("read_only")) {                \
            errno = EROFS;                                                                                     \
            return -1;                                                                                         \
        }                                                                                                      \
        return real(path, flags, mode);                                                                        \
    }

OPEN(open)
OPEN(open64)

int clock_gettime(clockid_t which, struct timespec *now)
{
    char path[4096], text[32];
    int file, result, kept;
    ssize_t length;
    const char *folder = getenv("LINLI_FAULTS");
    REAL("clock_gettime", int(clockid_t, struct timespec *));
    result = real(which, now);
    if (which != CLOCK_REALTIME || !folder)
        return result;
    kept = errno;
    snprintf(path, sizeof path, "%s/clock", folder);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = read(file, text, sizeof text - 1);
        close(file);
        if (length > 0) {
            text[length] = 0;
            now->tv_sec += atol(text);
        }
    }
    errno = kept;
    return result;
}
