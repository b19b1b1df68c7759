"""What arrives: Orthanc's changes are followed, and a study is handed on when its input is complete."""
