// Calls of the kernel that the toolchain's Glibc module leaves out.
#include <sys/eventfd.h>
#include <sys/timex.h>
#include <elf.h>
#include <sys/auxv.h>
