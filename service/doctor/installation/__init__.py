"""The installation that is examined: settings, the account that Orthanc runs as, and what a running Orthanc says."""
