"""What every image computation shares: the dynamic series, voxel arrays, regions, the patient's axes."""
