/* Any sizes from one voxel on, any bits as values, matrices and displacements: infinite ones and such that are no number. */
#include "fuzz.h"

#include "kernels.h"

void spline_filter_slices(float *values, const int64_t shape[3], int64_t first, int64_t end);
void spline_filter_across(float *values, const int64_t shape[3], int64_t first, int64_t end);
void spline_sample(const float *coefficients, const int64_t shape[3], const float *field, const int64_t field_shape[3],
                   const double to_image[12], const double to_field[12], const uint8_t *wanted,
                   const int64_t grid_shape[3], float *room, int64_t first, int64_t end, float *seen);

static size_t some_shape(Bytes *bytes, int64_t shape[3])
{
    for (int axis = 0; axis < 3; axis++)
        shape[axis] = between(bytes, 1, axis == 2 ? 11 : 9);
    return (size_t)(shape[0] * shape[1] * shape[2]);
}

/* Mostly a place near the grid, else any bits. */
static void some_matrix(Bytes *bytes, double matrix[12])
{
    if (between(bytes, 0, 3) == 0) {
        take(bytes, matrix, 12 * sizeof(double));
        return;
    }
    for (int i = 0; i < 12; i++)
        matrix[i] = (double)between(bytes, 0, 200) / 100.0 - 0.8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3], field_shape[3], grid_shape[3];
    double to_image[12], to_field[12];
    const size_t voxels = some_shape(&bytes, shape), vectors = some_shape(&bytes, field_shape);
    const size_t places = some_shape(&bytes, grid_shape);
    some_matrix(&bytes, to_image);
    some_matrix(&bytes, to_field);
    uint8_t *wanted = filled(&bytes, places);
    float *field = filled(&bytes, 3 * vectors * sizeof(float));
    float *values = filled(&bytes, voxels * sizeof(float));
    float *seen = malloc(places * sizeof(float));
    spline_filter_slices(values, shape, 0, shape[0]);
    spline_filter_across(values, shape, 0, shape[1]);
    float *room = malloc(3 * (size_t)field_shape[2] * sizeof(float));
    if (between(&bytes, 0, 1))
        to_field[4] = to_field[8] = 0.0;
    spline_sample(values, shape, field, field_shape, to_image, to_field, wanted, grid_shape, room, 0, grid_shape[0],
                  seen);
    free(room);
    free(seen);
    free(values);
    free(field);
    free(wanted);
    return 0;
}
