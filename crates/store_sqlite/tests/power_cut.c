/* A machine that loses power: what was written and not synced is gone.
 *
 * Preloaded into a process, this keeps the old bytes of every pwrite until its file is synced. When the file named by
 * POWER_CUT_WHEN appears, the next write or sync undoes what was not synced and ends the process at once. With
 * POWER_CUT_KEEPS set to a number, about half of the unsynced writes, drawn from that seed, survive: disks write in any
 * order. With SYNC_LIES set, a sync does nothing and says that all is well: the negative control. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct written {
    struct written *before;
    int file;
    dev_t device;
    ino_t inode;
    off64_t at, size_before;
    ssize_t old_length;
    char old[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct written *newest;

static ssize_t (*real_write(void))(int, const void *, size_t, off64_t) {
    return (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
}

static void cut_if_due(void) {
    const char *when = getenv("POWER_CUT_WHEN"), *keeps = getenv("POWER_CUT_KEEPS");
    if (!when || access(when, F_OK) != 0) return;
    unsigned long long dice = keeps ? strtoull(keeps, 0, 10) : 0;
    for (struct written *of = newest; of; of = of->before) {
        if (keeps) {
            dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
            if (dice >> 63) continue;
        }
        if (of->old_length > 0) real_write()(of->file, of->old, of->old_length, of->at);
        if (!keeps && ftruncate64(of->file, of->size_before) != 0) _exit(1);
    }
    _exit(137);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    pthread_mutex_lock(&lock);
    cut_if_due();
    struct stat64 status;
    struct written *of = malloc(sizeof *of + length);
    if (of && fstat64(file, &status) == 0) {
        *of = (struct written){ newest, file, status.st_dev, status.st_ino, at, status.st_size, 0 };
        of->old_length = pread64(file, of->old, length, at);
        newest = of;
    }
    ssize_t done = real_write()(file, bytes, length, at);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return pwrite64(file, bytes, length, at);
}

int fsync(int file) {
    pthread_mutex_lock(&lock);
    cut_if_due();
    struct stat64 status;
    if (!getenv("SYNC_LIES") && fstat64(file, &status) == 0) {
        for (struct written **link = &newest; *link;) {
            struct written *of = *link;
            if (of->device == status.st_dev && of->inode == status.st_ino) {
                *link = of->before;
                free(of);
            } else {
                link = &of->before;
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

int fdatasync(int file) {
    return fsync(file);
}
