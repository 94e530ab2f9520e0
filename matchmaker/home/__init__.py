"""Home: the first page, for visitors what the cluster can do, for members what waits for them."""
