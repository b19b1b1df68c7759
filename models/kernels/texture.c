/* What the texture matrices count: pairs, runs, zones and neighbours of grey levels in a region.
 *
 * Levels are 0 outside the region and number those that occur in it from 1 on. One voxel on every side of the array is
 * outside, so that every voxel of the region has 26 neighbours. Every count but the neighbourhoods' differences is a whole number.
 */
#include "kernels.h"

#include <math.h>

#define DIRECTIONS 13

/* Every second neighbour of a voxel along z, y and x: the others are their opposites. */
static const int64_t DIRECTION[DIRECTIONS][3] = {
    {1, 1, 1}, {1, 1, 0},  {1, 1, -1},  {1, 0, 1}, {1, 0, 0},  {1, 0, -1}, {1, -1, 1},
    {1, -1, 0}, {1, -1, -1}, {0, 1, 1}, {0, 1, 0}, {0, 1, -1}, {0, 0, 1},
};

KERNEL void texture_pairs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t first, int64_t end,
                          int64_t *pairs);
KERNEL void texture_runs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t longest, int64_t first,
                         int64_t end, int64_t *runs);
KERNEL void texture_zones(int32_t *levels, const int64_t shape[3], int64_t *room, int32_t *zone_levels,
                          int64_t *zone_sizes, int64_t *zones);
KERNEL void texture_neighbours(const int32_t *levels, const int64_t shape[3], const int64_t *greys,
                               int64_t *dependences, double *differences);

/* From a voxel to its neighbour in this direction. */
static int64_t step_of(int64_t direction, const int64_t shape[3])
{
    const int64_t *to = DIRECTION[direction];
    return (to[0] * shape[1] + to[1]) * shape[2] + to[2];
}

/* From a voxel to each of its 26 neighbours. */
static void all_steps(const int64_t shape[3], int64_t steps[2 * DIRECTIONS])
{
    for (int64_t direction = 0; direction < DIRECTIONS; direction++) {
        steps[direction] = step_of(direction, shape);
        steps[DIRECTIONS + direction] = -steps[direction];
    }
}

/* How often a voxel of one level has one of another in each of the directions [first, end): pairs[direction][level][level]. */
void texture_pairs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t first, int64_t end,
                   int64_t *pairs)
{
    const int64_t voxels = shape[0] * shape[1] * shape[2];
    for (int64_t direction = first; direction < end; direction++) {
        const int64_t step = step_of(direction, shape);
        int64_t *of_direction = pairs + direction * count * count;
        for (int64_t at = 0; at < voxels; at++)
            if (levels[at] && levels[at + step])
                of_direction[(levels[at] - 1) * count + levels[at + step] - 1]++;
    }
}

/* How many runs of one level and length there are in each of the directions [first, end): runs[direction][level][length - 1]. */
void texture_runs(const int32_t *levels, const int64_t shape[3], int64_t count, int64_t longest, int64_t first,
                  int64_t end, int64_t *runs)
{
    const int64_t voxels = shape[0] * shape[1] * shape[2];
    for (int64_t direction = first; direction < end; direction++) {
        const int64_t step = step_of(direction, shape);
        int64_t *of_direction = runs + direction * count * longest;
        for (int64_t at = 0; at < voxels; at++) {
            const int32_t level = levels[at];
            if (!level || levels[at - step] == level)
                continue;
            int64_t length = 1;
            while (levels[at + length * step] == level)
                length++;
            of_direction[(level - 1) * longest + length - 1]++;
        }
    }
}

/* Every connected zone of one level: its level and its size. The levels are cleared on the way.
 *
 * `room`, `zone_levels` and `zone_sizes` hold a number for each voxel of the region; `zones` becomes how many zones there are.
 */
void texture_zones(int32_t *levels, const int64_t shape[3], int64_t *room, int32_t *zone_levels, int64_t *zone_sizes,
                   int64_t *zones)
{
    const int64_t voxels = shape[0] * shape[1] * shape[2];
    int64_t steps[2 * DIRECTIONS], found = 0;
    all_steps(shape, steps);
    for (int64_t start = 0; start < voxels; start++) {
        const int32_t level = levels[start];
        if (!level)
            continue;
        int64_t waiting = 0, size = 0;
        room[waiting++] = start;
        levels[start] = 0;
        while (waiting > 0) {
            const int64_t at = room[--waiting];
            size++;
            for (int64_t neighbour = 0; neighbour < 2 * DIRECTIONS; neighbour++)
                if (levels[at + steps[neighbour]] == level) {
                    levels[at + steps[neighbour]] = 0;
                    room[waiting++] = at + steps[neighbour];
                }
        }
        zone_levels[found] = level;
        zone_sizes[found++] = size;
    }
    *zones = found;
}

/* Of every voxel: how many neighbours have its level, dependences[level][number], and how far its grey is from their mean.
 *
 * `greys` are those of the levels; `differences` are sums for each level, in the order of the voxels. Both add to what is there.
 */
void texture_neighbours(const int32_t *levels, const int64_t shape[3], const int64_t *greys, int64_t *dependences,
                        double *differences)
{
    const int64_t voxels = shape[0] * shape[1] * shape[2];
    int64_t steps[2 * DIRECTIONS];
    all_steps(shape, steps);
    for (int64_t at = 0; at < voxels; at++) {
        const int32_t level = levels[at];
        if (!level)
            continue;
        int64_t alike = 0, there = 0, sum = 0;
        for (int64_t neighbour = 0; neighbour < 2 * DIRECTIONS; neighbour++) {
            const int32_t other = levels[at + steps[neighbour]];
            alike += other == level;
            there += other != 0;
            sum += other ? greys[other - 1] : 0;
        }
        dependences[(level - 1) * (2 * DIRECTIONS + 1) + alike]++;
        if (there)
            differences[level - 1] += fabs((double)greys[level - 1] - (double)sum / (double)there);
    }
}
