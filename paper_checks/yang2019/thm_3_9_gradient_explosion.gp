# The rate of gradient explosion less 1, against the batch size: its series in Gegenbauer coefficients (lines), the backward operator integrated over the sphere
# (points), the bound $\frac1{B-3}$ of linear networks (grey), and the least that searches found (green squares).
set title "Gradients explode with every activation"
set xlabel "batch size B"
set ylabel "λ_G − 1"
set logscale xy
set xrange [3.5:1200]
@two_rows
names = "relu abs tanh gelu exp sigmoid h5"
plot 1 / (x - 3) with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("series") - 1)) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("rate") - 1)) with points linetype i, \
     for [name in "coefficients sums"] table using "B":(pick("search over ".name, column("rate") - 1)) with points linestyle 4 pointtype 4 pointsize 1
