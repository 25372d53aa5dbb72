# The forward eigenvalue on $\mathbb L$ (norms of samples) against the batch size: the ratio of quadratic forms in Gegenbauer coefficients (lines) and
# quadrature over the sphere (points). Above 1 (grey) the symmetric fixed point is unstable.
set title "λ_L, forward"
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.5:1200]
@two_rows
set yrange [0:2.2]
names = "relu abs tanh gelu exp relu^2 x^3"
plot 1 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("sphere"))) with points linetype i
