/* Any sizes from one voxel on, any bits as values and as the recursion's numbers, along each axis and in parts. */
#include "fuzz.h"

#include "kernels.h"

void gaussian_axis(const float *values, const int64_t shape[3], int64_t axis, const double recursion[14], double *room,
                   int64_t first, int64_t end, float *smooth);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3];
    double recursion[14];
    for (int axis = 0; axis < 3; axis++)
        shape[axis] = between(&bytes, 1, 19);
    take(&bytes, recursion, sizeof recursion);
    const size_t voxels = (size_t)(shape[0] * shape[1] * shape[2]);
    float *values = filled(&bytes, voxels * sizeof(float)), *smooth = malloc(voxels * sizeof(float));
    for (int64_t axis = 0; axis < 3; axis++) {
        const int64_t parts = shape[axis == 0 ? 1 : 0], middle = between(&bytes, 0, parts);
        double *room = malloc(24 * (size_t)(shape[axis] + 8) * sizeof(double));
        gaussian_axis(values, shape, axis, recursion, room, 0, middle, smooth);
        gaussian_axis(values, shape, axis, recursion, room, middle, parts, smooth);
        free(room);
    }
    free(smooth);
    free(values);
    return 0;
}
