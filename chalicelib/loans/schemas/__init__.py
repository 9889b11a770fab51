"""Bodies, queries and answers of the loan calls."""
