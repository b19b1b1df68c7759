"""From expression matrices and clinical tables to molecular labels of patients, as the five papers made theirs."""
