# Accuracy in training and in test after some epochs (from left to right), for learning rates against the shift $\beta$ that networks begin with (upper half; at the best $\epsilon$) and
# against $\epsilon$ (lower half; at the best $\beta$): medians over networks. Shifts accelerate; $\epsilon$ changes little.
load "figures/learning_grid.gp"
