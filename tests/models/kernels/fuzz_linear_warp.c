/* Any sizes from one voxel on, any bits as values and displacements, in parts. */
#include "fuzz.h"

#include "kernels.h"

void linear_warp(const float *values, const int64_t shape[3], const float *vectors, int64_t first, int64_t end,
                 float *seen);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3];
    for (int axis = 0; axis < 3; axis++)
        shape[axis] = between(&bytes, 1, 9);
    const int64_t middle = between(&bytes, 0, shape[0]);
    const size_t voxels = (size_t)(shape[0] * shape[1] * shape[2]);
    float *vectors = filled(&bytes, 3 * voxels * sizeof(float));
    float *values = filled(&bytes, voxels * sizeof(float)), *seen = malloc(voxels * sizeof(float));
    linear_warp(values, shape, vectors, 0, middle, seen);
    linear_warp(values, shape, vectors, middle, shape[0], seen);
    free(seen);
    free(values);
    free(vectors);
    return 0;
}
