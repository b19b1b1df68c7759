/* Places of an image along one axis, counted in voxels from the centre of the first. */
#ifndef TILSCOPE_PLACES_H
#define TILSCOPE_PLACES_H

#include <stdint.h>

/* An image reaches half a voxel beyond its border voxels' centres. Not so far reaches what is not a number. */
static inline int reaches(double at, int64_t n)
{
    return at >= -0.5 && at < (double)n - 0.5;
}

/* The nearest place within the centres of the border voxels; the first where a place is not a number. */
static inline double kept(double at, int64_t n)
{
    const double last = (double)(n - 1);
    return at > 0.0 ? (at < last ? at : last) : 0.0;
}

/* Both neighbours along one axis, the nearest beyond the last centre. */
static inline void neighbours(double at, int64_t n, int64_t step, int64_t offset[2], float weight[2])
{
    const double place = kept(at, n);
    const int64_t below = (int64_t)place;
    offset[0] = below * step;
    offset[1] = (below + 1 < n ? below + 1 : below) * step;
    weight[1] = (float)(place - (double)below);
    weight[0] = 1.0f - weight[1];
}

/* The centre of the voxel that is nearest. */
static inline double nearest(double at, int64_t n)
{
    return (double)(int64_t)(kept(at, n) + 0.5);
}

#endif
