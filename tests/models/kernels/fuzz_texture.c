/* Any sizes and any levels within the border that every kernel is promised, each part of the directions by itself. */
#include "fuzz.h"

#include "kernels.h"

void texture_pairs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t first, int64_t end,
                   int64_t *pairs);
void texture_runs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t longest, int64_t first,
                  int64_t end, int64_t *runs);
void texture_zones(int32_t *levels, const int64_t shape[3], int64_t *room, int32_t *zone_levels, int64_t *zone_sizes,
                   int64_t *zones);
void texture_neighbours(const int32_t *levels, const int64_t shape[3], const int64_t *greys, int64_t *dependences,
                        double *differences);

/* Zeros on all six sides; how many voxels are not 0. */
static int64_t fill_within_border(Bytes *bytes, const int64_t shape[3], int64_t count, int32_t *levels)
{
    int64_t inside = 0;
    for (int64_t z = 1; z < shape[0] - 1; z++)
        for (int64_t y = 1; y < shape[1] - 1; y++)
            for (int64_t x = 1; x < shape[2] - 1; x++) {
                const int32_t level = (int32_t)between(bytes, 0, count);
                levels[(z * shape[1] + y) * shape[2] + x] = level;
                inside += level != 0;
            }
    return inside;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3], longest = 0, zones = -1;
    for (int axis = 0; axis < 3; axis++) {
        shape[axis] = between(&bytes, 3, 14);
        longest = shape[axis] - 2 > longest ? shape[axis] - 2 : longest;
    }
    const int64_t count = between(&bytes, 1, 9), middle = between(&bytes, 0, 13);
    int64_t *greys = filled(&bytes, (size_t)count * sizeof(int64_t));
    for (int64_t level = 0; level < count; level++)
        greys[level] = greys[level] % 1000000;
    int32_t *levels = calloc((size_t)(shape[0] * shape[1] * shape[2]), sizeof(int32_t));
    const int64_t inside = fill_within_border(&bytes, shape, count, levels);
    int64_t *pairs = calloc((size_t)(13 * count * count), sizeof(int64_t));
    texture_pairs(levels, shape, count, 0, middle, pairs);
    texture_pairs(levels, shape, count, middle, 13, pairs);
    int64_t *runs = calloc((size_t)(13 * count * longest), sizeof(int64_t));
    texture_runs(levels, shape, count, longest, 0, middle, runs);
    texture_runs(levels, shape, count, longest, middle, 13, runs);
    int64_t *dependences = calloc((size_t)(27 * count), sizeof(int64_t));
    double *differences = calloc((size_t)count, sizeof(double));
    texture_neighbours(levels, shape, greys, dependences, differences);
    int64_t *room = malloc((size_t)(inside + !inside) * sizeof(int64_t));
    int64_t *zone_sizes = malloc((size_t)(inside + !inside) * sizeof(int64_t));
    int32_t *zone_levels = malloc((size_t)(inside + !inside) * sizeof(int32_t));
    texture_zones(levels, shape, room, zone_levels, zone_sizes, &zones);
    free(zone_levels), free(zone_sizes), free(room), free(differences), free(dependences), free(runs), free(pairs);
    free(levels), free(greys);
    return 0;
}
