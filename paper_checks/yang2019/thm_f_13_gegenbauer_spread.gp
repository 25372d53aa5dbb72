# How much of a symmetric covariance is not common to the batch, $\mu^*/q^*=1-c^*$, against the batch size: series in Gegenbauer coefficients (lines) and quadrature
# (points).
set title "Spread of a batch after one layer"
set xlabel "batch size B"
set ylabel "μ* / q*"
set logscale x
set xrange [3.5:1200]
@two_rows
names = "relu abs tanh gelu exp sigmoid"
plot 1 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("mu"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("mu_sphere"))) with points linetype i
