/* Linear interpolation of a volume at the displaced places of its own voxels. */
#include "kernels.h"
#include "places.h"

KERNEL void linear_warp(const float *values, const int64_t shape[3], const float *vectors, int64_t first, int64_t end,
                        float *seen);

/* In the slices [first, end). Vectors are x, y, z in voxels; what would come from beyond the image is its nearest voxel. */
void linear_warp(const float *values, const int64_t shape[3], const float *vectors, int64_t first, int64_t end,
                 float *seen)
{
    const int64_t nz = shape[0], ny = shape[1], nx = shape[2];
    for (int64_t z = first; z < end; z++)
        for (int64_t y = 0; y < ny; y++)
            for (int64_t x = 0; x < nx; x++) {
                const int64_t voxel = (z * ny + y) * nx + x;
                double at_x = (double)x + (double)vectors[3 * voxel], at_y = (double)y + (double)vectors[3 * voxel + 1];
                double at_z = (double)z + (double)vectors[3 * voxel + 2];
                if (!(reaches(at_x, nx) && reaches(at_y, ny) && reaches(at_z, nz))) {
                    at_x = nearest(at_x, nx);
                    at_y = nearest(at_y, ny);
                    at_z = nearest(at_z, nz);
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
