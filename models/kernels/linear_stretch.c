/* Values of a coarse grid between its voxels, linear along one axis. */
#include "kernels.h"

KERNEL void linear_stretch(const float *coarse, const int64_t shape[3], int64_t size, const int64_t *below,
                           const double *weight, int64_t first, int64_t end, float *fine);

/* Of `shape`, which is what lies before the axis, the axis and what lies after it, the part [first, end) of the first.
 * Each of `size` places lies behind the voxel `below`, by the part `weight` of the way to the next.
 */
void linear_stretch(const float *coarse, const int64_t shape[3], int64_t size, const int64_t *below,
                    const double *weight, int64_t first, int64_t end, float *fine)
{
    const int64_t n = shape[1], run = shape[2];
    for (int64_t outer = first; outer < end; outer++)
        for (int64_t place = 0; place < size; place++) {
            const int64_t next = below[place] + 1 < n ? below[place] + 1 : below[place];
            const float *one = coarse + (outer * n + below[place]) * run, *other = coarse + (outer * n + next) * run;
            float *between = fine + (outer * size + place) * run;
            const double far = weight[place], near = 1.0 - far;
            for (int64_t i = 0; i < run; i++)
                between[i] = (float)((double)one[i] * near + (double)other[i] * far);
        }
}
