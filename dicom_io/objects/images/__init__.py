"""Images that are written by setting: parametric maps and secondary captures."""
