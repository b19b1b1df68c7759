/* Feeds a fuzz target with random bytes, the same each time: where there is no libFuzzer. Argument: how many times. */
#include "fuzz.h"

#define LONGEST 4096

int main(int count, char **words)
{
    uint8_t data[LONGEST];
    uint64_t state = 88172645463325252u;
    for (long turn = count > 1 ? atol(words[1]) : 1000; turn > 0; turn--) {
        for (size_t i = 0; i < LONGEST; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            data[i] = (uint8_t)state;
        }
        LLVMFuzzerTestOneInput(data, state % LONGEST);
    }
    return 0;
}
