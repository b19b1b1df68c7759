/* Bytes of a fuzzer, read as the sizes and values that a kernel is called with. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *next;
    size_t left;
} Bytes;

/* The next bytes; zeros when there are no more. */
static inline void take(Bytes *bytes, void *into, size_t count)
{
    const size_t there = count < bytes->left ? count : bytes->left;
    memset(into, 0, count);
    if (there > 0)
        memcpy(into, bytes->next, there);
    bytes->next += there;
    bytes->left -= there;
}

static inline int64_t between(Bytes *bytes, int64_t least, int64_t most)
{
    uint8_t byte;
    take(bytes, &byte, 1);
    return least + byte % (most - least + 1);
}

/* An array of exactly this size, so that a sanitizer sees the first byte beyond it. */
static inline void *filled(Bytes *bytes, size_t size)
{
    void *memory = malloc(size ? size : 1);
    take(bytes, memory, size);
    return memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
