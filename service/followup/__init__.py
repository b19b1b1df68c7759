"""A patient's lesions over several exams: which exams are of the patient, and what has changed between them."""
