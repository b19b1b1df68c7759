"""Is this installation in order? Each check looks at one thing, and says what is wrong and what to do."""
