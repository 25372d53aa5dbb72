# Test loss by epoch of the convolutional network of figure 2 with batch normalisation, rate 0.1, momentum 0.9 and weight decay, for several initial $\gamma$: means of trainings with their standard errors. A
# stand-in for VGG16 and ResNet18, about which it says nothing.
set title "Stand-in: convolutional network on Fashion-MNIST"
set xlabel "epoch"
set ylabel "test loss (cross-entropy)"
@tight
@two_rows
set logscale y
set ytics (0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3)
set yrange [0.5:*]
gammas = "0.1 0.5 1 2 4"
plot for [i=1:5] table using "epoch":(abs(column("gamma") - word(gammas, i)) < 1e-9 ? column("loss") : NaN):"loss_err" with yerrorlines linetype i title "γ = ".word(gammas, i)
