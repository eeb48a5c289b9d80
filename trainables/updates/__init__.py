"""One update of the weights: from batches to losses, gradients and a step."""
