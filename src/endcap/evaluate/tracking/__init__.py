"""What runs were made of and what came of them: in one SQLite file, and told to an MLflow server if one is named."""
