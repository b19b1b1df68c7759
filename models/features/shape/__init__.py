"""Shape features of a region: its voxels and the mesh around them, with pyradiomics' definitions. pyradiomics judges every value."""
