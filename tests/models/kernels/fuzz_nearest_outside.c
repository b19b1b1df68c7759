/* Any sizes from one voxel on, any regions and steps, in parts. */
#include "fuzz.h"

#include "kernels.h"

void nearest_along_z(const uint8_t *inside, const int64_t shape[3], int64_t first, int64_t end, int32_t *nearest);
void nearest_in_slices(const int64_t shape[3], const double steps[3], double *heights, int32_t *room, int64_t first,
                       int64_t end, int32_t *nearest, double *distances);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3];
    double steps[3];
    for (int axis = 0; axis < 3; axis++)
        shape[axis] = between(&bytes, 1, 9);
    take(&bytes, steps, sizeof steps);
    const int64_t row = between(&bytes, 0, shape[1]), slice = between(&bytes, 0, shape[0]);
    const size_t voxels = (size_t)(shape[0] * shape[1] * shape[2]);
    const size_t longest = (size_t)(shape[1] > shape[2] ? shape[1] : shape[2]);
    uint8_t *inside = filled(&bytes, voxels);
    double *heights = malloc(longest * sizeof(double)), *distances = malloc(voxels * sizeof(double));
    int32_t *room = malloc(2 * longest * sizeof(int32_t)), *nearest = malloc(3 * voxels * sizeof(int32_t));
    nearest_along_z(inside, shape, 0, row, nearest);
    nearest_along_z(inside, shape, row, shape[1], nearest);
    nearest_in_slices(shape, steps, heights, room, 0, slice, nearest, distances);
    nearest_in_slices(shape, steps, heights, room, slice, shape[0], nearest, distances);
    free(nearest);
    free(room);
    free(distances);
    free(heights);
    free(inside);
    return 0;
}
