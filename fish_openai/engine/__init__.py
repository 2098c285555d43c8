"""One thread that owns every tensor: admits requests, steps all rows, hands out samples."""
