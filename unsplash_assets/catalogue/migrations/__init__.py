"""The forms that the catalogue has had, one file each in `versions`; run by `forms`."""
