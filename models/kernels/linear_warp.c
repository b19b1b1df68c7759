/* Linear interpolation of a volume at the displaced places of its own voxels. */
#include "kernels.h"

KERNEL void linear_warp(const float *values, const int64_t shape[3], const float *vectors, int64_t first, int64_t end,
                        float *seen);

/* The nearest place within the centres of the border voxels; the first where a place is not a number. */
static inline float kept(float at, int64_t n)
{
    const float last = (float)(n - 1);
    return at > 0.0f ? (at < last ? at : last) : 0.0f;
}

static inline int reaches(float at, int64_t n)
{
    return at >= -0.5f && at < (float)n - 0.5f;
}

/* Both neighbours along one axis, the nearest beyond the last centre. */
static inline void neighbours(float at, int64_t n, int64_t step, int64_t offset[2], float weight[2])
{
    const float place = kept(at, n);
    const int64_t below = (int64_t)place;
    offset[0] = below * step;
    offset[1] = (below + 1 < n ? below + 1 : below) * step;
    weight[1] = place - (float)below;
    weight[0] = 1.0f - weight[1];
}

/* In the slices [first, end). Vectors are x, y, z in voxels; what would come from beyond the image is its nearest voxel. */
void linear_warp(const float *values, const int64_t shape[3], const float *vectors, int64_t first, int64_t end,
                 float *seen)
{
    const int64_t nz = shape[0], ny = shape[1], nx = shape[2];
    for (int64_t z = first; z < end; z++)
        for (int64_t y = 0; y < ny; y++)
            for (int64_t x = 0; x < nx; x++) {
                const int64_t voxel = (z * ny + y) * nx + x;
                float at_x = (float)x + vectors[3 * voxel], at_y = (float)y + vectors[3 * voxel + 1];
                float at_z = (float)z + vectors[3 * voxel + 2];
                if (!(reaches(at_x, nx) && reaches(at_y, ny) && reaches(at_z, nz))) {
                    at_x = (float)(int64_t)(kept(at_x, nx) + 0.5f);
                    at_y = (float)(int64_t)(kept(at_y, ny) + 0.5f);
                    at_z = (float)(int64_t)(kept(at_z, nz) + 0.5f);
                }
                int64_t i[2], j[2], k[2];
                float wx[2], wy[2], wz[2], sum = 0.0f;
                neighbours(at_x, nx, 1, i, wx);
                neighbours(at_y, ny, nx, j, wy);
                neighbours(at_z, nz, nx * ny, k, wz);
                for (int corner = 0; corner < 4; corner++) {
                    const float *row = values + k[corner >> 1] + j[corner & 1];
                    sum += wz[corner >> 1] * wy[corner & 1] * (wx[0] * row[i[0]] + wx[1] * row[i[1]]);
                }
                seen[voxel] = sum;
            }
}
