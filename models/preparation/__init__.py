"""The series made ready for segmentation: motion taken out, then the coil's shading."""
