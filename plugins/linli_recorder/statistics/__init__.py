"""Long-term statistics: mean, least and greatest of what is measured, and the sum of what is counted."""
