/* For each voxel of a region the nearest voxel outside it, exactly, in two steps: along z, then within each slice.
 *
 * Along a line only those voxels outside count that are nearest to some place of it: the others are left out as soon as
 * the next one is known (Maurer 2003, doi 10.1109/TPAMI.2003.1177156). Of several as near the first along x is taken, of
 * those the first along y, then along z.
 */
#include "kernels.h"

KERNEL void nearest_along_z(const uint8_t *inside, const int64_t shape[3], int64_t first, int64_t end, int32_t *nearest);
KERNEL void nearest_in_slices(const int64_t shape[3], const double steps[3], double *heights, int32_t *room,
                              int64_t first, int64_t end, int32_t *nearest, double *distances);

/* In the rows [first, end) of all slices: the z of the nearest voxel outside above or below; -1 where there is none. */
void nearest_along_z(const uint8_t *inside, const int64_t shape[3], int64_t first, int64_t end, int32_t *nearest)
{
    const int64_t nz = shape[0], nx = shape[2], slice = shape[1] * nx;
    for (int64_t z = 0; z < nz; z++)
        for (int64_t i = z * slice + first * nx; i < z * slice + end * nx; i++)
            nearest[i] = !inside[i] ? (int32_t)z : z > 0 ? nearest[i - slice] : -1;
    for (int64_t z = nz - 2; z >= 0; z--)
        for (int64_t i = z * slice + first * nx; i < z * slice + end * nx; i++) {
            const int32_t before = nearest[i], after = nearest[i + slice];
            if (after > z && (before < 0 || after - z < z - before))
                nearest[i] = after;
        }
}

static double squared(double length)
{
    return length * length;
}

/* Whether the middle one of three places on a line is nowhere the nearest, each so far beside the line, squared. */
static int never_nearest(const int32_t place[3], const double height[3], double step)
{
    const double a = (double)(place[1] - place[0]) * step, b = (double)(place[2] - place[1]) * step, c = a + b;
    return c * height[1] - b * height[0] - a * height[2] - a * b * c > 0.0;
}

/* Joins a place to those before it. Heights are by place; returns how many there are then. */
static int64_t joined(int32_t place, const double *heights, double step, int32_t *sites, int64_t count)
{
    while (count >= 2) {
        const int32_t places[3] = {sites[count - 2], sites[count - 1], place};
        const double three[3] = {heights[places[0]], heights[places[1]], heights[place]};
        if (!never_nearest(places, three, step))
            break;
        count--;
    }
    sites[count] = place;
    return count + 1;
}

/* Goes on from a site to the one that is nearest to a place; returns how far that is, squared. */
static double reached(int64_t place, const double *heights, double step, const int32_t *sites, int64_t count,
                      int64_t *site)
{
    double here = heights[sites[*site]] + squared((double)(sites[*site] - place) * step);
    while (*site + 1 < count) {
        const int32_t next = sites[*site + 1];
        const double there = heights[next] + squared((double)(next - place) * step);
        if (here <= there)
            break;
        here = there;
        ++*site;
    }
    return here;
}

/* In the slices [first, end), from what lies nearest along z: `nearest` holds z, y and x of the nearest voxel one after
 * the other, `distances` millimetres, squared. Where all is inside both stay as they were.
 * `heights` and `room` hold once and twice as many as the longer of a row and a column.
 */
void nearest_in_slices(const int64_t shape[3], const double steps[3], double *heights, int32_t *room, int64_t first,
                       int64_t end, int32_t *nearest, double *distances)
{
    const int64_t ny = shape[1], nx = shape[2], all = shape[0] * ny * nx;
    const int64_t longest = ny > nx ? ny : nx;
    int32_t *sites = room, *kept = room + longest;
    for (int64_t z = first; z < end; z++) {
        int32_t *in_z = nearest + z * ny * nx, *in_y = in_z + all, *in_x = in_y + all;
        for (int64_t x = 0; x < nx; x++) {
            int64_t count = 0, site = 0;
            for (int64_t y = 0; y < ny; y++) {
                kept[y] = in_z[y * nx + x];
                if (kept[y] < 0)
                    continue;
                heights[y] = squared((double)(kept[y] - z) * steps[0]);
                count = joined((int32_t)y, heights, steps[1], sites, count);
            }
            for (int64_t y = 0; count > 0 && y < ny; y++) {
                reached(y, heights, steps[1], sites, count, &site);
                in_z[y * nx + x] = kept[sites[site]];
                in_y[y * nx + x] = sites[site];
            }
        }
        for (int64_t y = 0; y < ny; y++) {
            int32_t *row_z = in_z + y * nx, *row_y = in_y + y * nx, *row_x = in_x + y * nx;
            double *row = distances + (z * ny + y) * nx;
            int64_t count = 0, site = 0;
            for (int64_t x = 0; x < nx; x++) {
                if (row_z[x] < 0)
                    continue;
                heights[x] = squared((double)(row_z[x] - z) * steps[0]) + squared((double)(row_y[x] - y) * steps[1]);
                count = joined((int32_t)x, heights, steps[2], sites, count);
            }
            for (int64_t x = 0; count > 0 && x < nx; x++) {
                row[x] = reached(x, heights, steps[2], sites, count, &site);
                row_x[x] = sites[site];
            }
            /* Later columns need what earlier ones had: only now the others follow. */
            for (int64_t x = 0; x < nx; x++)
                kept[x] = count > 0 ? row_z[row_x[x]] : -1;
            for (int64_t x = 0; count > 0 && x < nx; x++)
                sites[x] = row_y[row_x[x]];
            for (int64_t x = 0; count > 0 && x < nx; x++) {
                row_z[x] = kept[x];
                row_y[x] = sites[x];
            }
        }
    }
}
