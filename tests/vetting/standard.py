"""The digital phantom of the Image Biomarker Standardisation Initiative, whose features its 25 teams agree on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from math import floor, log10
from pathlib import Path

import SimpleITK as sitk
from vetting.rows import Row

from tilscope.models.features.measured_region import MeasuredRegion

#: Family -> our feature -> the benchmark's tag. Directions are averaged, one bin for each grey level.
TAGS = {
    "shape": {
        "MeshVolume": "morph_volume", "VoxelVolume": "morph_vol_approx", "SurfaceArea": "morph_area_mesh",
        "SurfaceVolumeRatio": "morph_av", "Sphericity": "morph_sphericity", "Maximum3DDiameter": "morph_diam",
        "MajorAxisLength": "morph_pca_maj_axis", "MinorAxisLength": "morph_pca_min_axis",
        "LeastAxisLength": "morph_pca_least_axis", "Elongation": "morph_pca_elongation",
        "Flatness": "morph_pca_flatness",
    },
    "firstorder": {
        "Mean": "stat_mean", "Variance": "stat_var", "Skewness": "stat_skew", "Kurtosis": "stat_kurt",
        "Median": "stat_median", "Minimum": "stat_min", "10Percentile": "stat_p10", "90Percentile": "stat_p90",
        "Maximum": "stat_max", "InterquartileRange": "stat_iqr", "Range": "stat_range",
        "MeanAbsoluteDeviation": "stat_mad", "RobustMeanAbsoluteDeviation": "stat_rmad", "Energy": "stat_energy",
        "RootMeanSquared": "stat_rms", "Entropy": "ih_entropy", "Uniformity": "ih_uniformity",
    },
    "glcm": {
        "MaximumProbability": "cm_joint_max", "JointAverage": "cm_joint_avg", "SumSquares": "cm_joint_var",
        "JointEntropy": "cm_joint_entr", "DifferenceAverage": "cm_diff_avg", "DifferenceVariance": "cm_diff_var",
        "DifferenceEntropy": "cm_diff_entr", "SumAverage": "cm_sum_avg", "SumEntropy": "cm_sum_entr",
        "JointEnergy": "cm_energy", "Contrast": "cm_contrast", "Id": "cm_inv_diff", "Idn": "cm_inv_diff_norm",
        "Idm": "cm_inv_diff_mom", "Idmn": "cm_inv_diff_mom_norm", "InverseVariance": "cm_inv_var",
        "Correlation": "cm_corr", "Autocorrelation": "cm_auto_corr", "ClusterTendency": "cm_clust_tend",
        "ClusterShade": "cm_clust_shade", "ClusterProminence": "cm_clust_prom", "Imc1": "cm_info_corr1",
        "Imc2": "cm_info_corr2",
    },
    "glrlm": {
        "ShortRunEmphasis": "rlm_sre", "LongRunEmphasis": "rlm_lre", "LowGrayLevelRunEmphasis": "rlm_lgre",
        "HighGrayLevelRunEmphasis": "rlm_hgre", "ShortRunLowGrayLevelEmphasis": "rlm_srlge",
        "ShortRunHighGrayLevelEmphasis": "rlm_srhge", "LongRunLowGrayLevelEmphasis": "rlm_lrlge",
        "LongRunHighGrayLevelEmphasis": "rlm_lrhge", "GrayLevelNonUniformity": "rlm_glnu",
        "GrayLevelNonUniformityNormalized": "rlm_glnu_norm", "RunLengthNonUniformity": "rlm_rlnu",
        "RunLengthNonUniformityNormalized": "rlm_rlnu_norm", "RunPercentage": "rlm_r_perc",
        "GrayLevelVariance": "rlm_gl_var", "RunVariance": "rlm_rl_var", "RunEntropy": "rlm_rl_entr",
    },
    "glszm": {
        "SmallAreaEmphasis": "szm_sze", "LargeAreaEmphasis": "szm_lze", "LowGrayLevelZoneEmphasis": "szm_lgze",
        "HighGrayLevelZoneEmphasis": "szm_hgze", "SmallAreaLowGrayLevelEmphasis": "szm_szlge",
        "SmallAreaHighGrayLevelEmphasis": "szm_szhge", "LargeAreaLowGrayLevelEmphasis": "szm_lzlge",
        "LargeAreaHighGrayLevelEmphasis": "szm_lzhge", "GrayLevelNonUniformity": "szm_glnu",
        "GrayLevelNonUniformityNormalized": "szm_glnu_norm", "SizeZoneNonUniformity": "szm_zsnu",
        "SizeZoneNonUniformityNormalized": "szm_zsnu_norm", "ZonePercentage": "szm_z_perc",
        "GrayLevelVariance": "szm_gl_var", "ZoneVariance": "szm_zs_var", "ZoneEntropy": "szm_zs_entr",
    },
    "ngtdm": {
        "Coarseness": "ngt_coarseness", "Contrast": "ngt_contrast", "Busyness": "ngt_busyness",
        "Complexity": "ngt_complexity", "Strength": "ngt_strength",
    },
    "gldm": {
        "SmallDependenceEmphasis": "ngl_lde", "LargeDependenceEmphasis": "ngl_hde", "LowGrayLevelEmphasis": "ngl_lgce",
        "HighGrayLevelEmphasis": "ngl_hgce", "SmallDependenceLowGrayLevelEmphasis": "ngl_ldlge",
        "SmallDependenceHighGrayLevelEmphasis": "ngl_ldhge", "LargeDependenceLowGrayLevelEmphasis": "ngl_hdlge",
        "LargeDependenceHighGrayLevelEmphasis": "ngl_hdhge", "GrayLevelNonUniformity": "ngl_glnu",
        "DependenceNonUniformity": "ngl_dcnu", "DependenceNonUniformityNormalized": "ngl_dcnu_norm",
        "GrayLevelVariance": "ngl_gl_var", "DependenceVariance": "ngl_dc_var", "DependenceEntropy": "ngl_dc_entr",
    },
}  # fmt: skip

#: How the benchmark calls a matrix in three dimensions.
_ENDINGS = {"glcm": "_3D_avg", "glrlm": "_3D_avg", "glszm": "_3D", "ngtdm": "_3D", "gldm": "_3D"}

_CENTRES = "pyradiomics measures between the mesh's vertices, half a voxel outside; the benchmark is that between voxel centres"
_VOXELS = "pyradiomics divides the covariance by the number n of voxels, the benchmark by n - 1; here n is 74"
#: Whose definition the papers used, where it is another than the standard's; the tests hold each reason to its number.
REASONS = {
    "shape_Maximum3DDiameter": _CENTRES,
    "shape_MinorAxisLength": _VOXELS,
    "shape_LeastAxisLength": _VOXELS,
    "firstorder_Kurtosis": "pyradiomics has 3 for a Gaussian, the benchmark 0",
}


def region_of_phantom(reference_data: Path) -> MeasuredRegion:
    folder = reference_data / "radiomics" / "ibsi_digital_phantom" / "nifti"
    image = sitk.ReadImage(str(folder / "image" / "phantom.nii.gz"))
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "mask" / "mask.nii.gz"))) > 0
    return MeasuredRegion.of(sitk.GetArrayFromImage(image), mask, image.GetSpacing(), bin_width=1.0)


def rows(reference_data: Path) -> Iterator[Row]:
    region = region_of_phantom(reference_data)
    with (reference_data / "radiomics" / "ibsi_digital_phantom" / "benchmark.csv").open(encoding="utf-8") as file:
        told = {row["tag"]: row for row in csv.DictReader(file)}
    for family, tags in TAGS.items():
        for feature, value in region.features(family, tags).items():
            benchmark = told[tags[feature] + _ENDINGS.get(family, "")]
            reference, name = float(benchmark["benchmark_value"]), f"{family}_{feature}"
            tolerance = float(benchmark["tolerance"]) + _half_a_digit(reference)
            yield Row(
                "IBSI-1", "digital phantom, bin width 1", name, value, reference, tolerance, REASONS.get(name, "")
            )


def _half_a_digit(value: float) -> float:
    """The benchmark is told in three significant digits."""
    return 0.5 * 10.0 ** (floor(log10(abs(value))) - 2)
