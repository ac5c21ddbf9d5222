"""The settings file `.mreg.yaml`: read, checked, and written out again."""
