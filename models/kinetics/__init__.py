"""How the signal moves after contrast: phases by time, enhancement maps, functional tumour volume, measurements."""
