"""RT structure sets: the contours of what was found, for planning systems and whatever else knows no segmentation."""
