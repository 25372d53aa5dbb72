# Accuracy in training and in test after some epochs (from left to right), for learning rates against the shift $\beta$ that networks begin with (upper half; at $\epsilon=0$) and against
# $\epsilon$ (lower half; at $\beta=0$): medians over networks. Shifts accelerate; $\epsilon$ changes little.
load "figures/learning_grid.gp"
