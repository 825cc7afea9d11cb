"""Expression data: from counts, intensities or finished tables to a `Signature`."""
