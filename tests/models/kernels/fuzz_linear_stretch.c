/* Any sizes from one voxel on, any places within them, any bits as values and weights, in parts. */
#include "fuzz.h"

#include "kernels.h"

void linear_stretch(const float *coarse, const int64_t shape[3], int64_t size, const int64_t *below,
                    const double *weight, int64_t first, int64_t end, float *fine);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    int64_t shape[3], below[12];
    double weight[12];
    for (int axis = 0; axis < 3; axis++)
        shape[axis] = between(&bytes, 1, 9);
    const int64_t wanted = between(&bytes, 1, 12), middle = between(&bytes, 0, shape[0]);
    for (int64_t place = 0; place < wanted; place++)
        below[place] = between(&bytes, 0, shape[1] - 1);
    take(&bytes, weight, sizeof weight);
    float *coarse = filled(&bytes, (size_t)(shape[0] * shape[1] * shape[2]) * sizeof(float));
    float *fine = malloc((size_t)(shape[0] * wanted * shape[2]) * sizeof(float));
    linear_stretch(coarse, shape, wanted, below, weight, 0, middle, fine);
    linear_stretch(coarse, shape, wanted, below, weight, middle, shape[0], fine);
    free(fine);
    free(coarse);
    return 0;
}
