/* What every kernel shares. Arrays are C-contiguous, indexed [z][y][x]; a shape is {nz, ny, nx}.
 *
 * A kernel does the part [first, end) of its work, so that several threads of the caller share it; no kernel starts one,
 * allocates memory or keeps anything. Sizes are checked by the caller.
 */
#ifndef TILSCOPE_KERNELS_H
#define TILSCOPE_KERNELS_H

#include <stdint.h>

#if defined(_WIN32)
#define KERNEL __declspec(dllexport)
#else
#define KERNEL __attribute__((visibility("default")))
#endif

#endif
