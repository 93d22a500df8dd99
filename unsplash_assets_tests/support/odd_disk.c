/* Lets a folder behave as on a file system that lacks something; loaded with LD_PRELOAD.

   ODD_DISK is the folder. Each of these makes one thing fail there, with this number as the error:
   ODD_CHMOD, ODD_FLOCK, ODD_FSYNC, and ODD_SCRIPT for making a name that is not ASCII. ODD_NAMES
   is the longest name in bytes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int setting(const char *name) {
  const char *value = getenv(name);
  return value ? atoi(value) : 0;
}

static const char *within(const char *path) {
  const char *disk = getenv("ODD_DISK");
  size_t length = disk ? strlen(disk) : 0;
  if (!length || !path || strncmp(path, disk, length) || path[length] != '/') return NULL;
  return path + length + 1;
}

static int fails(int number) {
  if (number) errno = number;
  return number;
}

static int fails_of(int fd, const char *name) {
  char link[64], path[8192];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return within(path) ? fails(setting(name)) : 0;
}

static int is_refused(const char *path, int is_new) {
  const char *name = within(path);
  int longest = setting("ODD_NAMES"), script = is_new ? setting("ODD_SCRIPT") : 0;
  while (name && *name) {
    size_t length = strcspn(name, "/");
    if (longest && length > (size_t)longest) return fails(ENAMETOOLONG);
    for (size_t i = 0; script && i < length; i++)
      if (name[i] & 0x80) return fails(script);
    name += length + (name[length] == '/');
  }
  return 0;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                     \
  int name(const char *path, int flags, ...) {                         \
    REAL(name);                                                        \
    va_list rest;                                                      \
    va_start(rest, flags);                                             \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                      \
    return is_refused(path, flags & O_CREAT) ? -1 : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define STAT(name, kind)                                    \
  int name(const char *restrict path, struct kind *restrict found) { \
    REAL(name);                                             \
    return is_refused(path, 0) ? -1 : real(path, found);    \
  }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return is_refused(path, 1) ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  return is_refused(from, 0) || is_refused(to, 1) ? -1 : real(from, to);
}

int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  return within(path) && fails(setting("ODD_CHMOD")) ? -1 : real(path, mode);
}

int fchmod(int fd, mode_t mode) {
  REAL(fchmod);
  return fails_of(fd, "ODD_CHMOD") ? -1 : real(fd, mode);
}

int flock(int fd, int operation) {
  REAL(flock);
  return fails_of(fd, "ODD_FLOCK") ? -1 : real(fd, operation);
}

int fsync(int fd) {
  REAL(fsync);
  return fails_of(fd, "ODD_FSYNC") ? -1 : real(fd);
}
