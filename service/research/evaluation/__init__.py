"""How well scores do on a cohort that their makers had not seen: `tilscope evaluate`."""
