# The mean of $\phi(h_1)\phi(h_2)h_1h_2/B$ over that of $\phi(h_1)^2$, against the batch size: series in Gegenbauer coefficients (lines) and quadrature over the
# sphere (points).
set title "A weighted product of two samples"
set xlabel "batch size B"
set ylabel "A_{12}(12) / q*"
set logscale x
set xrange [3.5:1200]
@two_rows
names = "relu abs tanh gelu exp x^3"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("sphere"))) with points linetype i
