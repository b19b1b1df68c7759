"""`make demo`: a real Orthanc with TILscope scores a synthetic study before your eyes."""
