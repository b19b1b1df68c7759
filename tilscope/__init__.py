"""TILscope reads the tumour's immune microenvironment from breast DCE-MRI. Research use only."""
