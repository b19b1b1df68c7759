/* Cubic B-spline interpolation (Unser 1999, doi 10.1109/79.799930) of volumes, seen through a displacement field.
 *
 * The image goes on as its mirror beyond the centres of its border voxels, as ITK has it.
 */
#include "kernels.h"
#include "places.h"

#include <string.h>

/* The filter's pole, sqrt(3) - 2. Its powers are below float's precision after so many. */
#define POLE -0.26794919243112270647f
#define HORIZON 16
#define GAIN 6.0f

/* Lines that are filtered side by side. */
#define SIDE_BY_SIDE 8

KERNEL void spline_filter_slices(float *values, const int64_t shape[3], int64_t first, int64_t end);
KERNEL void spline_filter_across(float *values, const int64_t shape[3], int64_t first, int64_t end);
KERNEL void spline_sample(const float *coefficients, const int64_t shape[3], const float *field,
                          const int64_t field_shape[3], const double to_image[12], const double to_field[12],
                          const uint8_t *wanted, const int64_t grid_shape[3], float *room, int64_t first, int64_t end,
                          float *seen);

static int64_t mirrored(int64_t at, int64_t n)
{
    if (n == 1)
        return 0;
    const int64_t period = 2 * n - 2;
    at %= period;
    if (at < 0)
        at += period;
    return at < n ? at : period - at;
}

/* `to` += factor * `from`, for lines that lie `apart`. */
static inline void add(float *restrict to, const float *restrict from, float factor, int64_t lines, int64_t apart)
{
    for (int64_t i = 0; i < lines; i++)
        to[i * apart] += factor * from[i * apart];
}

/* Coefficients of lines with n samples, `step` from one sample to the next. */
static inline void filter_lines(float *v, int64_t n, int64_t step, int64_t lines, int64_t apart)
{
    if (n == 1)
        return;
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < lines; i++)
            v[k * step + i * apart] *= GAIN;
    /* Forward, from the sum over all that the mirror shows before the first sample. A short line repeats itself. */
    const int64_t period = 2 * n - 2, terms = period < HORIZON ? period : HORIZON;
    float power = POLE;
    for (int64_t k = 1; k < terms; k++, power *= POLE)
        add(v, v + mirrored(k, n) * step, power, lines, apart);
    if (terms == period)
        for (int64_t i = 0; i < lines; i++)
            v[i * apart] /= 1.0f - power;
    for (int64_t k = 1; k < n; k++)
        add(v + k * step, v + (k - 1) * step, POLE, lines, apart);
    /* And backward. */
    float *last = v + (n - 1) * step;
    add(last, last - step, POLE, lines, apart);
    for (int64_t i = 0; i < lines; i++)
        last[i * apart] *= POLE / (POLE * POLE - 1.0f);
    for (int64_t k = n - 2; k >= 0; k--) {
        float *restrict here = v + k * step;
        const float *restrict next = here + step;
        for (int64_t i = 0; i < lines; i++)
            here[i * apart] = POLE * (next[i * apart] - here[i * apart]);
    }
}

/* Along x and y, in the slices [first, end). */
void spline_filter_slices(float *values, const int64_t shape[3], int64_t first, int64_t end)
{
    const int64_t ny = shape[1], nx = shape[2];
    for (int64_t z = first; z < end; z++) {
        float *slice = values + z * ny * nx;
        int64_t y = 0;
        for (; y + SIDE_BY_SIDE <= ny; y += SIDE_BY_SIDE)
            filter_lines(slice + y * nx, nx, 1, SIDE_BY_SIDE, nx);
        for (; y < ny; y++)
            filter_lines(slice + y * nx, nx, 1, 1, nx);
        filter_lines(slice, ny, nx, nx, 1);
    }
}

/* Along z, in the rows [first, end) of every slice; after the slices. */
void spline_filter_across(float *values, const int64_t shape[3], int64_t first, int64_t end)
{
    const int64_t ny = shape[1], nx = shape[2];
    for (int64_t y = first; y < end; y++)
        filter_lines(values + y * nx, shape[0], ny * nx, nx, 1);
}

/* Four neighbours along one axis, where they lie in memory and what each weighs. */
typedef struct {
    int64_t offset[4];
    float weight[4];
    int inside;
} Taps;

static inline Taps taps_at(double place, int64_t n, int64_t step)
{
    /* No place is below -1: what is cut off from one more is its floor. */
    const int64_t below = (int64_t)(place + 1.0) - 1, from = below - 1;
    const float t = (float)(place - (double)below), rest = 1.0f - t, sixth = 1.0f / 6.0f;
    Taps taps;
    taps.weight[0] = sixth * rest * rest * rest;
    taps.weight[1] = sixth * (4.0f - 3.0f * t * t * (2.0f - t));
    taps.weight[2] = sixth * (4.0f - 3.0f * rest * rest * (2.0f - rest));
    taps.weight[3] = sixth * t * t * t;
    taps.inside = from >= 0 && from + 3 < n;
    for (int i = 0; i < 4; i++)
        taps.offset[i] = (taps.inside ? from + i : mirrored(from + i, n)) * step;
    return taps;
}

/* Rows are gathered before they are summed, so that a compiler sees four sums side by side. */
static inline float weighted(const float *coefficients, const Taps *z, const Taps *y, const Taps *x)
{
    float rows[16][4], weights[16], lanes[4];
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 4; j++) {
            const float *row = coefficients + z->offset[k] + y->offset[j];
            weights[4 * k + j] = z->weight[k] * y->weight[j];
            if (x->inside)
                memcpy(rows[4 * k + j], row + x->offset[0], sizeof lanes);
            else
                for (int i = 0; i < 4; i++)
                    rows[4 * k + j][i] = row[x->offset[i]];
        }
    for (int i = 0; i < 4; i++) {
        lanes[i] = 0.0f;
        for (int row = 0; row < 16; row++)
            lanes[i] += weights[row] * rows[row][i];
    }
    return (lanes[0] * x->weight[0] + lanes[1] * x->weight[1]) + (lanes[2] * x->weight[2] + lanes[3] * x->weight[3]);
}

static inline int within(const double at[3], const int64_t shape[3])
{
    return reaches(at[0], shape[2]) && reaches(at[1], shape[1]) && reaches(at[2], shape[0]);
}

/* The field's vectors from x = `from` on, as they are between four of its rows. */
static void blend_rows(const float *field, const int64_t shape[3], double y, double z, int64_t from, int64_t vectors,
                       float *row)
{
    int64_t at_y[2], at_z[2];
    float wy[2], wz[2];
    neighbours(y, shape[1], 3 * shape[2], at_y, wy);
    neighbours(z, shape[0], 3 * shape[2] * shape[1], at_z, wz);
    const float *a = field + at_z[0] + at_y[0] + 3 * from, *b = field + at_z[0] + at_y[1] + 3 * from;
    const float *c = field + at_z[1] + at_y[0] + 3 * from, *d = field + at_z[1] + at_y[1] + 3 * from;
    for (int64_t i = 0; i < 3 * vectors; i++)
        row[i] = wz[0] * (wy[0] * a[i] + wy[1] * b[i]) + wz[1] * (wy[0] * c[i] + wy[1] * d[i]);
}

/* Adds the displacement between two vectors of a row that starts at x = `from`. */
static inline void displace(double at[3], const float *row, int64_t from, double x, int64_t n)
{
    int64_t offset[2];
    float weight[2];
    neighbours(x, n, 3, offset, weight);
    const float *one = row + offset[0] - 3 * from, *other = row + offset[1] - 3 * from;
    for (int axis = 0; axis < 3; axis++)
        at[axis] += (double)(weight[0] * one[axis] + weight[1] * other[axis]);
}

/* What is the same for all x of a row comes first. */
static inline void placed(const double matrix[12], double x, double y, double z, double at[3])
{
    for (int axis = 0; axis < 3; axis++) {
        const double *row = matrix + 4 * axis;
        at[axis] = (row[1] * y + row[2] * z + row[3]) + row[0] * x;
    }
}

/* What an image shows at each voxel of a grid, in the slices [first, end) and where `wanted` is not 0, elsewhere 0.
 *
 * Both matrices have three rows of four and lead from x, y, z of the grid to x, y, z in voxels of the image, or of the
 * field. The field's vectors are x, y, z in voxels of the image; beyond the field nothing is displaced. What would come
 * from beyond the image is its nearest voxel. `room` holds a row of the field.
 */
void spline_sample(const float *coefficients, const int64_t shape[3], const float *field, const int64_t field_shape[3],
                   const double to_image[12], const double to_field[12], const uint8_t *wanted,
                   const int64_t grid_shape[3], float *room, int64_t first, int64_t end, float *seen)
{
    const int64_t ny = grid_shape[1], nx = grid_shape[2], vectors = field_shape[2];
    /* Where both grids have the same axes, the field's rows are blended once for a row of the grid. */
    const int same_axes = to_field[4] == 0.0 && to_field[8] == 0.0;
    for (int64_t z = first; z < end; z++)
        for (int64_t y = 0; y < ny; y++) {
            double at[3], place[3];
            placed(to_field, 0.0, (double)y, (double)z, place);
            if (same_axes && reaches(place[1], field_shape[1]) && reaches(place[2], field_shape[0]))
                blend_rows(field, field_shape, place[1], place[2], 0, vectors, room);
            for (int64_t x = 0; x < nx; x++) {
                const int64_t voxel = (z * ny + y) * nx + x;
                if (!wanted[voxel]) {
                    seen[voxel] = 0.0f;
                    continue;
                }
                placed(to_image, (double)x, (double)y, (double)z, at);
                placed(to_field, (double)x, (double)y, (double)z, place);
                if (within(place, field_shape)) {
                    int64_t from = 0;
                    if (!same_axes) {
                        from = (int64_t)kept(place[0], vectors);
                        blend_rows(field, field_shape, place[1], place[2], from, from + 1 < vectors ? 2 : 1, room);
                    }
                    displace(at, room, from, place[0], vectors);
                }
                if (!within(at, shape))
                    for (int axis = 0; axis < 3; axis++)
                        at[axis] = nearest(at[axis], shape[2 - axis]);
                const Taps along_x = taps_at(at[0], shape[2], 1);
                const Taps along_y = taps_at(at[1], shape[1], shape[2]);
                const Taps along_z = taps_at(at[2], shape[0], shape[1] * shape[2]);
                seen[voxel] = weighted(coefficients, &along_z, &along_y, &along_x);
            }
        }
}
