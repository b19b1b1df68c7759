/* Gaussian smoothing by recursion, forward and backward along each axis (Farnebäck and Westin 2006, doi
 * 10.1007/s10851-006-6464-z), with the coefficients and the borders that ITK's recursive filter has: a line goes on with
 * its last value.
 */
#include "kernels.h"

/* Lines that are filtered side by side. */
#define LINES 8

/* What each sample before adds, forward and backward, and what a line that never changed would have come to. */
typedef struct {
    double from_input[4], from_backward[4], from_output[4], even_forward, even_backward;
} Recursion;

KERNEL void gaussian_axis(const float *values, const int64_t shape[3], int64_t axis, const double recursion[14],
                          double *room, int64_t first, int64_t end, float *smooth);

/* What the recursion reads before the first sample and after the last. */
#define BORDER 4

/* One sample of every line, from its weighted neighbours of which each lies `next` numbers from the one before. */
static inline void recur(double *restrict to, const double *input, const double *output, const double from_input[4],
                         const double from_output[4], int64_t next)
{
    for (int64_t i = 0; i < LINES; i++) {
        const double *x = input + i, *y = output + i;
        const double fed = (from_input[0] * x[0] + from_input[1] * x[next]) +
                           (from_input[2] * x[2 * next] + from_input[3] * x[3 * next]);
        const double back = (from_output[1] * y[next] + from_output[2] * y[2 * next]) + from_output[3] * y[3 * next];
        to[i] = (fed - back) - from_output[0] * y[0];
    }
}

/* One block of lines; `room` holds three rows for each sample and border. Missing lines are zeros. */
static inline void smooth_lines(const float *values, float *smooth, int64_t n, int64_t step, int64_t lines,
                                int64_t apart, const Recursion *r, double *room)
{
    double(*input)[LINES] = (double(*)[LINES])room + BORDER;
    double(*forward)[LINES] = input + n + 2 * BORDER, (*backward)[LINES] = forward + n + 2 * BORDER;
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < LINES; i++)
            input[k][i] = i < lines ? (double)values[k * step + i * apart] : 0.0;
    for (int64_t k = 0; k < BORDER; k++)
        for (int64_t i = 0; i < LINES; i++) {
            input[-1 - k][i] = input[0][i];
            forward[-1 - k][i] = input[0][i] * r->even_forward;
            input[n + k][i] = input[n - 1][i];
            backward[n + k][i] = input[n - 1][i] * r->even_backward;
        }
    for (int64_t k = 0; k < n; k++)
        recur(forward[k], input[k], forward[k - 1], r->from_input, r->from_output, -LINES);
    for (int64_t k = n - 1; k >= 0; k--)
        recur(backward[k], input[k + 1], backward[k + 1], r->from_backward, r->from_output, LINES);
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < lines; i++)
            smooth[k * step + i * apart] = (float)(forward[k][i] + backward[k][i]);
}

/* Along z (axis 0) in the rows [first, end) of every slice, along y (1) or x (2) in the slices [first, end).
 *
 * `room` holds 24 numbers for each voxel of a line along the axis, and for eight more. `smooth` may be `values`.
 */
void gaussian_axis(const float *values, const int64_t shape[3], int64_t axis, const double recursion[14], double *room,
                   int64_t first, int64_t end, float *smooth)
{
    const int64_t ny = shape[1], nx = shape[2], n = shape[axis];
    const int64_t slice = ny * nx, step = axis == 0 ? slice : axis == 1 ? nx : 1;
    const int64_t across = axis == 2 ? ny : nx;
    Recursion r;
    for (int order = 0; order < 4; order++) {
        r.from_input[order] = recursion[order];
        r.from_backward[order] = recursion[4 + order];
        r.from_output[order] = recursion[8 + order];
    }
    r.even_forward = recursion[12];
    r.even_backward = recursion[13];
    for (int64_t part = first; part < end; part++) {
        const int64_t start = part * (axis == 0 ? nx : slice);
        for (int64_t line = 0; line < across; line += LINES) {
            const int64_t lines = across - line < LINES ? across - line : LINES;
            if (axis == 2)
                smooth_lines(values + start + line * nx, smooth + start + line * nx, n, 1, lines, nx, &r, room);
            else
                smooth_lines(values + start + line, smooth + start + line, n, step, lines, 1, &r, room);
        }
    }
}
